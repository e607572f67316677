(* SPDX-License-Identifier: BSD-2-Clause *)
(* The model beside the kernel: for every entry, the state after it must be one that the model allows.

   That is the commuting diagram: abstract (after) is among outcomes (abstract (before)). By induction over the entries
   the kernel does what the model says, from boot on. What tests change by hand between two entries is no entry, and
   goes into the next `before`. *)

open Abi
open State

let history_length = 12
let history : string Lazy.t list ref = ref []

let remember text =
  history := text :: List.filteri (fun i _ -> i < history_length - 1) !history

(* What is compared, in a form that is equal exactly if the states are. *)
let canonical s =
  ( (s.current, s.running, s.charged_at, s.ready, s.deferred, s.user_deadline, s.reschedule, s.ended),
    (s.open_lines, Ids.bindings (Ids.filter (fun _ mode -> mode <> 0) s.line_modes)),
    (s.tree, Slots.bindings s.caps),
    (Ids.bindings (Ids.map Abstract.without_excuse s.threads), Ids.bindings s.endpoints, Ids.bindings s.notifications),
    (Ids.bindings s.replies, Ids.bindings s.contexts, Ids.bindings s.irq_handlers),
    Ids.bindings (Ids.map (fun (a : space) -> (a.number, Entries.bindings a.entries)) s.spaces) )

(* Memory that becomes somebody's message page in this entry is not in the model's state before. *)
let same_pages kernel model =
  Ids.for_all (fun id page -> match Ids.find_opt id kernel.pages with Some other -> page = other | None -> true) model.pages

let agrees kernel model =
  Slots.cardinal kernel.caps = Slots.cardinal model.caps
  && canonical kernel = canonical model && same_pages kernel model

(* The order in which the kernel has made ready those that were due at one time. *)
let released after c =
  match (State.context after c).user with
  | Some t when after.current = Some t -> -1
  | Some t ->
      let rec place i = function [] -> i | x :: rest -> if x = t then i else place (i + 1) rest in
      place 0 after.ready
  | None -> max_int

let event kind a b (before : Abstract.abstract) (after : Abstract.abstract) =
  let entry =
    match kind with
    | 0 -> Kernel.System_call
    | 1 -> Kernel.Interrupt (Int64.to_int a)
    | 2 -> Kernel.Timer
    | 3 -> Kernel.Page_fault (a, b)
    | _ -> Kernel.Exception (a, b)
  in
  { Kernel.entry; at = before.state.now; port_input = before.port_input;
    first = (fun c -> if Ids.mem c after.state.contexts then released after.state c else 0) }

let report what lines =
  match List.map Lazy.force !history with
  | [] -> String.concat "\n" (what :: lines)
  | last :: before ->
      String.concat "\n"
        (((what :: ("  " ^ last) :: lines) @ [ "the events before, latest first:" ]) @ List.map (fun line -> "  " ^ line) before)

let timer_is_late (after : Abstract.abstract) =
  let latest = Processor.next_event after.state in
  if after.timer_armed <= latest then []
  else [ Printf.sprintf "  the timer must fire at %d, and is armed for %d" latest after.timer_armed ]

(* Of all that the model allows, what differs least. *)
let least_difference kernel allowed =
  let fewer best model =
    let found = Show.differences ~kernel ~model in
    match best with Some lines when List.length lines <= List.length found -> best | _ -> Some found
  in
  Option.value ~default:[] (Seq.fold_left fewer None allowed)

let rec exists f candidates =
  match candidates () with Seq.Nil -> false | Seq.Cons (x, rest) -> f x || exists f rest

let compare_states (before : Abstract.abstract) (after : Abstract.abstract) e =
  let allowed = Kernel.outcomes before.state e in
  if not (exists (agrees after.state) allowed) then
    report "the kernel does what the model does not allow:" (least_difference after.state allowed)
  else
    match after.doubts @ timer_is_late after with
    | [] -> ""
    | doubts -> report "the kernel's state does not agree with itself:" doubts

(* "" if all is well, else what is not. *)
let step kind a b before after =
  try
    let before = Abstract.read before and after = Abstract.read after in
    let e = event kind a b before after in
    remember (lazy (Show.event before.state e));
    compare_states before after e
  with error -> report ("the model cannot follow: " ^ Printexc.to_string error) [ Printexc.get_backtrace () ]

(* An access of the current thread that the machine has allowed (at a physical address), or not (-1). *)
let access address wanted before physical =
  let s = (Abstract.read before).state in
  let rights =
    (if has wanted 1L then read else 0) lor (if has wanted 2L then write else 0) lor if has wanted 4L then execute else 0
  in
  let space = Option.bind s.current (fun t -> cap s (space_of t)) in
  let found =
    match space with
    | Some { kind = Space a; _ } when address >= zero && address < user_address_end -> (
        match Mapping.translate s a (Int64.to_int address) rights with Allowed at -> at | Fault _ -> -1)
    | _ -> -1
  in
  if found = physical then ""
  else
    report (Printf.sprintf "access %#Lx at %#Lx" wanted address)
      [ Printf.sprintf "  kernel and machine: %#x\n  model:              %#x (-1: fault)" physical found ]

let () =
  Gc.set { (Gc.get ()) with minor_heap_size = 4_000_000; space_overhead = 400 };
  Callback.register "beside_step" step;
  Callback.register "beside_access" access
