(* SPDX-License-Identifier: BSD-2-Clause *)
(* States as facts that people can read, for showing where two differ. *)

open Abi
open State

let p = Printf.sprintf
let option f = function None -> "none" | Some x -> f x
let hex = p "%#x"
let list f l = "[" ^ String.concat " " (List.map f l) ^ "]"
let word = p "%#Lx"
let slot x = if x = user_timer then "user timer" else p "%#x[%d]" x.holder x.index
let range = function Irq_lines -> "IrqRange" | Io_ports -> "IoPortRange" | Asids -> "AsidRange" | Cores -> "CoreRange"

let kind = function
  | Untyped u -> p "Untyped %#x, 2^%d bytes%s, watermark %#x" u.base u.bits (if u.device then ", device" else "") u.watermark
  | Cnode c -> p "CNode %#x of 2^%d" c.cnode c.bits
  | Thread t -> p "Thread %#x" t
  | Endpoint e -> p "Endpoint %#x badge %s" e.endpoint (word e.badge)
  | Notification n -> p "Notification %#x badge %s" n.notification (word n.badge)
  | Reply r -> p "Reply %#x" r
  | Sched_context c -> p "SchedContext %#x" c.context
  | Frame f ->
      p "Frame %#x, 2^%d bytes%s, mapped %s" f.frame f.bits (if f.device then ", device" else "")
        (option (fun (a, address) -> p "in %#x at %#x" a address) f.mapped)
  | Page_table t ->
      p "PageTable %#x, %s" t.table (option (fun (a, address, level) -> p "in %#x at %#x level %d" a address level) t.placed)
  | Space a -> p "AddressSpace %#x" a
  | Irq_handler i -> p "IrqHandler %#x" i
  | Range r -> p "%s %d, %d of them" (range r.range) r.first r.count
  | Zombie A_cnode -> "zombie of a CNode"
  | Zombie A_thread -> "zombie of a Thread"
  | Zombie A_space -> "zombie of an AddressSpace"
  | Zombie An_irq_handler -> "zombie of an IrqHandler"

let rec tree depth (Tree (x, below)) = p "%d:%s" depth (slot x) :: List.concat_map (tree (depth + 1)) below

let wait = function
  | Stopped -> "stopped"
  | Runnable -> "runnable"
  | Sending w -> p "sending at %#x badge %s call %b grant %b tag %s" w.at (word w.badge) w.call w.grant (word w.tag)
  | Receiving e -> p "receiving at %#x" e
  | Waiting n -> p "waiting at %#x" n
  | Calling r -> p "calling at %#x" r

let lack = function Nothing -> "nothing" | Message -> "a message's context" | Withdrawn -> "its context"

let thread (t : thread) =
  [ ("registers", list word t.registers); ("again", string_of_bool t.again); ("repeats", string_of_bool t.repeats); ("state", wait t.wait);
    ("priority", p "%d of %d" t.priority t.max_priority); ("attributes", string_of_int t.attributes);
    ("context", option hex t.context); ("owned", option hex t.owned); ("lacks", lack t.lacks);
    ("reply", option hex t.reply); ("bound", option hex t.bound); ("truncated", string_of_bool t.truncated);
    ("fault", option (fun (k, a, b) -> p "%d %s %s" k (word a) (word b)) t.fault);
    ("stopped by", p "%d code %s" t.stop_reason (word t.exit_code)); ("page", option hex t.page);
    ("zombies", list hex t.zombies) ]

let cancelling (c : cancelling) = p "badge %s by %#x, left %s" (word c.badge) c.canceller (list hex c.left)

let endpoint (e : endpoint) =
  [ ("waiters", list hex e.waiters); ("dying", string_of_bool e.dying); ("cancelling", option cancelling e.cancelling) ]

let notification (n : notification) =
  [ ("bits", word n.bits); ("waiters", list hex n.sleepers); ("bound", option hex n.bound_to); ("dying", string_of_bool n.ending) ]

let reply = function
  | Free -> [ ("state", "free") ]
  | Armed t -> [ ("state", p "armed by %#x" t) ]
  | Owed o -> [ ("state", p "owed by %s to %#x grant %b" (option hex o.server) o.caller o.grant) ]

let context (c : sched_context) =
  [ ("owner", option hex c.owner); ("has it", option hex c.user); ("chain", list hex c.chain);
    ("lent", string_of_bool c.lent); ("budget", p "%d of %d" c.budget c.period); ("consumed", string_of_int c.consumed);
    ("badge", word c.context_badge); ("refills", list (fun r -> p "%d@%d" r.amount r.time) c.refills);
    ("room", string_of_int c.refills_max); ("wakes", option string_of_int c.wakes) ]

let entry = function Page e -> p "%#x rights %d cache %d" e.frame e.rights e.cache | Table t -> p "table %#x" t

let space (a : space) =
  ("number", option string_of_int a.number)
  :: List.map (fun ((level, x), e) -> (p "level %d at %#x" level x, entry e)) (Entries.bindings a.entries)

let page (x : page) =
  [ ("words", list word x.words); ("takes", list word x.takes);
    ("gives", list (fun g -> p "%s/%s/%s" (word g.source) (word g.mode) (word g.give_badge)) x.gives) ]

let objects name show map =
  List.concat_map (fun (id, x) -> List.map (fun (part, text) -> (p "%s %#x: %s" name id part, text)) (show x)) (Ids.bindings map)

(* The map of what was, without what does not matter: pages that the model does not know. *)
let facts ?(pages = fun _ -> true) (s : state) =
  [ ("current", option hex s.current); ("running context", option hex s.running);
    ("charged at", string_of_int s.charged_at); ("ready", list hex s.ready); ("deferred", list hex s.deferred);
    ("user timer", string_of_int s.user_deadline); ("reschedule", string_of_bool s.reschedule);
    ("ended", string_of_bool s.ended); ("open lines", list string_of_int s.open_lines);
    ("tree", String.concat " " (List.concat_map (tree 0) s.tree)) ]
  @ List.map (fun (x, c) -> (p "slot %s" (slot x), p "%s rights %d" (kind c.kind) c.rights)) (Slots.bindings s.caps)
  @ objects "thread" thread s.threads
  @ objects "endpoint" endpoint s.endpoints
  @ objects "notification" notification s.notifications
  @ objects "reply" reply s.replies
  @ objects "context" context s.contexts
  @ objects "space" space s.spaces
  @ objects "irq handler" (fun line -> [ ("line", option string_of_int line) ]) s.irq_handlers
  @ objects "line mode" (fun mode -> [ ("mode", string_of_int mode) ]) s.line_modes
  @ objects "page" page (Ids.filter (fun id _ -> pages id) s.pages)

module Facts = Map.Make (String)

(* Lines that say where the two states differ. *)
let differences ~kernel ~model =
  let both id = Ids.mem id kernel.pages && Ids.mem id model.pages in
  let map s = Facts.of_seq (List.to_seq (facts ~pages:both s)) in
  let merge _ a b = if a = b then None else Some (Option.value ~default:"-" a, Option.value ~default:"-" b) in
  Facts.merge merge (map kernel) (map model)
  |> Facts.bindings
  |> List.map (fun (what, (a, b)) -> p "  %s\n    kernel: %s\n    model:  %s" what a b)

let error n = List.nth [ "OK"; "CAPABILITY"; "DEPTH"; "TYPE"; "RIGHT"; "WOULD_BLOCK"; "TRUNCATED"; "CANCELLED";
  "PEER_GONE"; "BUSY"; "RANGE"; "ALIGNMENT"; "MEMORY"; "SLOT"; "TABLE"; "MAPPED"; "CHILDREN"; "OPERATION"; "ARGUMENTS";
  "STATE"; "PRIORITY"; "UNSUPPORTED" ] n

let system_call s t =
  let r = register s t in
  let names = [| "call"; "reply_recv"; "send"; "recv"; "yield"; "debug" |] in
  let number = Int64.to_int (Int64.logand (r a0) 0xffL) in
  let name = if number < 6 then names.(number) else word (r a0) in
  let found = match Derivation.look_up s t (r a1) with Ok (_, c) -> kind c.kind | Error e -> error (error_number e) in
  p "thread %#x: %s%s cap %s (%s) label %s words %d caps %d reply %s, %s" t name
    (if has (r a0) 0x100L then " poll" else "") (word (r a1)) found (word (tag_label (r a2))) (tag_words (r a2))
    (tag_caps (r a2)) (word (r a3))
    (list word (List.init (min 8 (tag_words (r a2))) (fun i -> if i < 4 then r (w0 + i) else Transfer.page_word s t i)))

let event s (e : Kernel.event) =
  p "%d: %s" e.at
    (match (e.entry, s.current) with
    | System_call, Some t -> system_call s t
    | System_call, None -> "system call of nobody"
    | Interrupt line, _ -> p "interrupt %d" line
    | Timer, _ -> "timer"
    | Page_fault (address, access), t -> p "thread %s: page fault at %s, access %s" (option hex t) (word address) (word access)
    | Exception (kind, code), t -> p "thread %s: exception %s %s" (option hex t) (word kind) (word code))
