(* SPDX-License-Identifier: BSD-2-Clause *)
(* The abstraction function, second half: from the numbers of abstract.c to a state of the model. What the kernel keeps
   twice (caches of slots, owners of numbers, both ends of a relation) must agree: what does not is in [doubts]. *)

open Abi
open State

type abstract = { state : state; timer_armed : int; port_input : word; doubts : string list }

let at data i = String.get_int64_le data (8 * i)
let int data i = Int64.to_int (at data i)
let time data i = if at data i < 0L || at data i > Int64.of_int max_int then never else int data i
let id data i = match int data i with 0 -> None | id -> Some id
let flag data i = int data i <> 0

(* Threads as they are found, until all is known. *)
type seen = { thread : thread; waits_at : id; sequence : int; cached_cnode : id; cached_space : id option }

type reading = {
  slots : (slot * int) list; (* with their depths, the last first *)
  seen : seen Ids.t;
  s : state;
  armed : int;
  input : word;
  doubtful : string list;
}

let empty =
  let settings = { object_bits = Ids.empty; context_header = 0; lines = 0; first_msi = 0; start = 0; debug = true } in
  let s =
    { settings; now = 0; caps = Slots.empty; tree = []; threads = Ids.empty; endpoints = Ids.empty;
      notifications = Ids.empty; replies = Ids.empty; contexts = Ids.empty; spaces = Ids.empty;
      irq_handlers = Ids.empty; pages = Ids.empty; open_lines = []; line_modes = Ids.empty; current = None;
      running = None; charged_at = 0; ready = []; deferred = []; user_deadline = never; reschedule = false;
      ended = false }
  in
  { slots = []; seen = Ids.empty; s; armed = never; input = zero; doubtful = [] }

let doubt r condition text = if condition then { r with doubtful = text :: r.doubtful } else r

(* ---- Slots *)

let container = function 2 -> A_cnode | 3 -> A_thread | 9 -> A_space | _ -> An_irq_handler

let kind data type_ i =
  let word_at n = at data (i + n) and int n = int data (i + n) and flag n = flag data (i + n) in
  let mapped n = if int n = 0 then None else Some (int n, int (n + 1)) in
  let range range = Range { range; first = int 0; count = int 1 } in
  match type_ with
  | 1 -> Untyped { base = int 0; bits = int 1; device = flag 2; watermark = int 3 }
  | 2 -> Cnode { cnode = int 0; bits = int 1 }
  | 3 -> Thread (int 0)
  | 4 -> Endpoint { endpoint = int 0; badge = word_at 2 }
  | 5 -> Notification { notification = int 0; badge = word_at 2 }
  | 6 -> Reply (int 0)
  | 7 -> Sched_context { context = int 0; bits = int 1 }
  | 8 -> Frame { frame = int 0; bits = int 1; device = flag 2; mapped = mapped 3 }
  | 9 -> Space (int 0)
  | 10 -> Page_table { table = int 0; placed = Option.map (fun (a, address) -> (a, address, int 3)) (mapped 1) }
  | 11 -> Irq_handler (int 0)
  | 12 -> range Irq_lines
  | 13 -> range Io_ports
  | 14 -> range Asids
  | 15 -> range Cores
  | _ -> Zombie (container (int 0))

let read_slot data i r =
  let slot = { holder = int data (i + 1); index = int data (i + 2) } in
  let cap = { kind = kind data (int data (i + 3)) (i + 5); rights = int data (i + 4) } in
  let r = doubt r (Slots.mem slot r.s.caps) "a slot stands twice in the derivation tree" in
  { r with slots = (slot, int data i) :: r.slots; s = { r.s with caps = Slots.add slot cap r.s.caps } }

(* From the preorder, last first, to a tree: each takes what was collected just before and is deeper. *)
let tree_of slots =
  let rec split depth below = function
    | (d, node) :: rest when d > depth -> split depth (node :: below) rest
    | pending -> (List.rev below, pending)
  in
  let add pending (slot, depth) =
    let below, others = split depth [] pending in
    (depth, Tree (slot, below)) :: others
  in
  List.map snd (List.fold_left add [] slots)

(* ---- Objects *)

(* Why a thread has no context means nothing while it is idle. *)
let without_excuse (t : thread) =
  match t.wait with Receiving _ when t.context = None -> { t with lacks = Nothing } | _ -> t

let read_thread data i r =
  let n = int data i and k = i + 1 + register_count in
  let int n = int data (k + n) and word_at n = at data (k + n) and id n = id data (k + n) in
  let at_ = int 3 in
  let wait =
    match int 2 with
    | 0 -> Stopped
    | 1 -> Runnable
    | 2 ->
        let sending = int 21 in
        Sending { at = at_; badge = word_at 19; call = sending land 1 <> 0; grant = sending land 2 <> 0; tag = word_at 20 }
    | 3 -> Receiving at_
    | 4 -> Waiting at_
    | _ -> Calling at_
  in
  let thread =
    { registers = List.init register_count (fun x -> at data (i + 1 + x)); again = int 0 <> 0;
      repeats = int 1 <> 0; wait; priority = int 4; max_priority = int 5; attributes = int 6; context = id 7; owned = id 8;
      lacks = (match int 9 with 0 -> Nothing | 1 -> Message | _ -> Withdrawn); reply = id 10; bound = id 11;
      truncated = int 12 <> 0; fault = (if int 13 = 0 then None else Some (int 13, word_at 14, word_at 15));
      stop_reason = int 16; exit_code = word_at 17; page = id 18; zombies = [] }
  in
  let thread = without_excuse thread in
  let found = { thread; waits_at = at_; sequence = int 22; cached_cnode = int 23; cached_space = id 24 } in
  { r with seen = Ids.add n found r.seen }

let pairs data i n = List.init n (fun x -> (int data (i + (2 * x)), int data (i + (2 * x) + 1)))

let read_zombies data i n r =
  let ids = List.map fst (pairs data (i + 1) ((n - 1) / 2)) in
  let put x = { x with thread = { x.thread with zombies = ids } } in
  { r with seen = update (int data i) put r.seen }

let rec from x = function [] -> [] | y :: rest -> if x = y then y :: rest else from x rest

let read_endpoint data i n r =
  let newest_first = List.init (n - 6) (fun x -> int data (i + 6 + x)) in
  let cancelling =
    if not (flag data (i + 2)) then None
    else Some { badge = at data (i + 3); canceller = int data (i + 4); left = from (int data (i + 5)) newest_first }
  in
  let e = { waiters = List.rev newest_first; dying = flag data (i + 1); cancelling } in
  { r with s = { r.s with endpoints = Ids.add (int data i) e r.s.endpoints } }

let read_notification data i r =
  let x = { bits = at data (i + 1); sleepers = []; bound_to = id data (i + 2); ending = flag data (i + 3) } in
  { r with s = { r.s with notifications = Ids.add (int data i) x r.s.notifications } }

let read_reply data i r =
  let server = id data (i + 2) and caller = id data (i + 3) in
  let x, odd =
    match (int data (i + 1), server, caller) with
    | 0, None, None -> (Free, false)
    | 1, Some t, None -> (Armed t, false)
    | 2, server, Some caller -> (Owed { server; caller; grant = flag data (i + 4) }, false)
    | _ -> (Free, true)
  in
  doubt { r with s = set_reply (int data i) x r.s } odd "a Reply has what does not belong to its state"

let read_context data i n r =
  let int n = int data (i + n) in
  let count = int 11 in
  let first = i + 12 + (2 * count) in
  let c =
    { owner = id data (i + 1); user = id data (i + 2); lent = int 3 <> 0; budget = int 4; period = int 5; consumed = int 6;
      context_badge = at data (i + 7); refills_max = int 8; wakes = (if int 9 = 0 then None else Some (int 10));
      refills = List.map (fun (time, amount) -> { time; amount }) (pairs data (i + 12) count);
      chain = List.init (i + n - first) (fun x -> Int64.to_int (at data (first + x))) }
  in
  { r with s = { r.s with contexts = Ids.add (int 0) c r.s.contexts } }

let read_space data i r =
  let a = { number = id data (i + 1); entries = Entries.empty } in
  doubt { r with s = { r.s with spaces = Ids.add (int data i) a r.s.spaces } } (flag data (i + 2))
    "a space is not the owner of its number"

let read_entry data i r =
  let n = int data (i + 4) in
  let entry =
    if flag data (i + 3) then Table n else Page { frame = n; rights = int data (i + 5); cache = int data (i + 6) }
  in
  let add (a : space) = { a with entries = Entries.add (int data (i + 1), int data (i + 2)) entry a.entries } in
  { r with s = set_space (int data i) add r.s }

let read_irq data i r =
  let line = if flag data (i + 1) then Some (int data (i + 2)) else None in
  doubt { r with s = { r.s with irq_handlers = Ids.add (int data i) line r.s.irq_handlers } } (flag data (i + 3))
    "an interrupt handler is not the owner of its line"

let read_page data i r =
  let word_at n = at data (i + 1 + n) in
  let give n = { source = word_at (64 + (3 * n)); mode = word_at (65 + (3 * n)); give_badge = word_at (66 + (3 * n)) } in
  let page =
    { words = List.init page_words word_at; gives = List.init 4 give; takes = List.init 4 (fun n -> word_at (76 + n)) }
  in
  { r with s = { r.s with pages = Ids.add (int data i) page r.s.pages } }

let read_line data i r =
  let line = int data i and mode = int data (i + 2) in
  let s = if flag data (i + 1) then { r.s with open_lines = r.s.open_lines @ [ line ] } else r.s in
  { r with s = (if mode = 0 then s else { s with line_modes = Ids.add line mode s.line_modes }) }

let read_core data i r =
  let s =
    { r.s with now = int data i; current = id data (i + 1); running = id data (i + 2); charged_at = int data (i + 3);
               user_deadline = time data (i + 4); reschedule = flag data (i + 6); ended = flag data (i + 7) }
  in
  { r with s; armed = time data (i + 5); input = at data (i + 8) }

let read_settings data i r =
  let size bits type_ = if int data (i + 4 + type_) = 0 then bits else Ids.add type_ (int data (i + 4 + type_)) bits in
  let settings =
    { object_bits = List.fold_left size Ids.empty (List.init 16 Fun.id); context_header = int data i;
      lines = int data (i + 1); first_msi = int data (i + 2); start = int data (i + 3); debug = true }
  in
  { r with s = { r.s with settings } }

let ids data i n = List.init n (fun x -> int data (i + x))

let read_record data kind i n r =
  match kind with
  | 1 -> read_core data i r
  | 2 -> read_settings data i r
  | 3 -> read_slot data i r
  | 4 -> read_thread data i r
  | 5 -> read_zombies data i n r
  | 6 -> read_endpoint data i n r
  | 7 -> read_notification data i r
  | 8 -> read_reply data i r
  | 9 -> read_context data i n r
  | 10 -> read_space data i r
  | 11 -> read_entry data i r
  | 12 -> read_irq data i r
  | 13 -> read_page data i r
  | 14 -> read_line data i r
  | 15 -> { r with s = { r.s with ready = ids data i n } }
  | _ -> { r with s = { r.s with deferred = ids data i n } }

(* ---- All together *)

let sleepers seen n =
  let here = Ids.bindings (Ids.filter (fun _ x -> x.thread.wait = Waiting n) seen) in
  List.map fst (List.sort (fun (_, a) (_, b) -> compare a.sequence b.sequence) here)

(* Caches of slots. *)
let doubts_of_thread s t x =
  let cnode = match cap s (cnode_of t) with Some { kind = Cnode c; _ } -> c.cnode | _ -> 0 in
  let space = match cap s (space_of t) with Some { kind = Space a; _ } -> Some a | _ -> None in
  let page =
    match cap s (message_of t) with Some { kind = Frame f; _ } -> Some (f.frame, f.frame + (1 lsl f.bits)) | _ -> None
  in
  let say condition text = if condition then [ Printf.sprintf "thread %#x: %s" t text ] else [] in
  say (x.cached_cnode <> cnode) "its CNode is not the one in its slot"
  @ say (x.cached_space <> space) "its space is not the one in its slot"
  @ say
      (match (x.thread.page, page) with
      | None, None -> false
      | Some p, Some (first, last) -> p < first || p >= last
      | _ -> true)
      "its message page is not in the frame in its slot"

let read data =
  let length = String.length data / 8 in
  let rec next i r =
    if i >= length then r
    else
      let n = int data (i + 1) in
      next (i + 2 + n) (read_record data (int data i) (i + 2) n r)
  in
  let r = next 0 empty in
  let threads = Ids.map (fun x -> x.thread) r.seen in
  let notifications = Ids.mapi (fun n x -> { x with sleepers = sleepers r.seen n }) r.s.notifications in
  let state = { r.s with threads; notifications; tree = tree_of r.slots } in
  let doubts = Ids.fold (fun t x found -> doubts_of_thread state t x @ found) r.seen r.doubtful in
  { state; timer_armed = r.armed; port_input = r.input; doubts }
