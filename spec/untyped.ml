(* SPDX-License-Identifier: BSD-2-Clause *)
(* Untyped: memory, and making objects of it. The watermark parts what has been given away, or may be dirty, from what
   is clean. Retype takes from the watermark upwards; reset, if nothing was derived, clears downwards. *)

open Abi
open State
open Invocation

let count_maximum = 64
let clear_step = 4096

(* log2 of the bytes that an object of the type takes. *)
let memory_bits s type_ size =
  if type_ = t_untyped then if size >= 6 && size <= 47 then Some size else None
  else if type_ = t_cnode then if size >= 4 && size <= 20 then Some (size + 5) else None
  else if type_ = t_sched_context then if size >= 8 && size <= 12 then Some size else None
  else if type_ = t_frame then if List.mem size [ 12; 21; 30 ] then Some size else None
  else if size = 0 then Ids.find_opt type_ s.settings.object_bits
  else None

(* The empty slots that the new capabilities go to. *)
let destinations s q count =
  let* cnode, bits =
    if arg q 3 <> zero then Result.map snd (typed s q 3 a_cnode write)
    else
      match cap s (cnode_of q.caller) with
      | Some { kind = Cnode { cnode; bits }; _ } -> Ok (cnode, bits)
      | _ -> Ok (q.caller, 0)
  in
  let first = arg_number q 4 in
  let* () = require (count >= 1 && count <= count_maximum) RANGE 5 in
  let* () = require (first > 0 && first < 1 lsl bits && count <= (1 lsl bits) - first) SLOT 4 in
  let slots = List.init count (fun i -> { holder = cnode; index = first + i }) in
  let* () = require (List.for_all (fun slot -> cap s slot = None) slots) SLOT 4 in
  Ok slots

let number_is_owned s range n =
  match range with
  | Asids -> Ids.exists (fun _ (a : space) -> a.number = Some n) s.spaces
  | _ -> Ids.exists (fun _ line -> line = Some n) s.irq_handlers

(* The range that a space's or interrupt handler's number is taken from; none for other objects. *)
let numbers s q type_ count =
  let first = arg_number q 7 in
  let from range =
    let* slot, (start, length) = typed s q 6 (a_range range) write in
    let* () = require (Transfer.contains ~first:start ~count:length first count) RANGE 7 in
    let* () = require (not (List.exists (fun i -> number_is_owned s range (first + i)) (List.init count Fun.id))) BUSY 7 in
    let* () = require (Derivation.can_have_child s slot) DEPTH 0 in
    Ok (Some slot)
  in
  if type_ = t_space then from Asids
  else if type_ = t_irq_handler then from Irq_lines
  else
    let* () = require (arg q 6 = zero) RANGE 6 in
    let* () = require (arg q 7 = zero) RANGE 7 in
    Ok None

let new_thread =
  { registers = List.init register_count (fun _ -> zero); again = false; repeats = false; wait = Stopped; priority = 0; max_priority = 0;
    attributes = 0; context = None; owned = None; lacks = Nothing; reply = None; bound = None; truncated = false;
    fault = None; stop_reason = stop_none; exit_code = zero; page = None; zombies = [] }

let new_context s bits =
  { owner = None; user = None; chain = []; lent = false; budget = 0; period = 0; consumed = 0; context_badge = zero;
    refills = []; refills_max = ((1 lsl bits) - s.settings.context_header) / 16; wakes = None }

(* A space's or handler's number is a capability in it, a child of the range. *)
let take_number range slot n s =
  match (range, Option.bind range (cap s)) with
  | Some parent, Some ({ kind = Range r; _ } as c) ->
      Derivation.add_child parent slot { c with kind = Range { r with first = n; count = 1 } } s
  | _ -> s

(* Make one object at [id]; what its capability is. *)
let create s type_ size ~id ~device ~range ~n =
  if type_ = t_untyped then (s, Untyped { base = id; bits = size; device; watermark = 0 })
  else if type_ = t_cnode then (s, Cnode { cnode = id; bits = size })
  else if type_ = t_thread then ({ s with threads = Ids.add id new_thread s.threads }, Thread id)
  else if type_ = t_endpoint then
    ( { s with endpoints = Ids.add id { waiters = []; dying = false; cancelling = None } s.endpoints },
      Endpoint { endpoint = id; badge = zero } )
  else if type_ = t_notification then
    ( { s with notifications = Ids.add id { bits = zero; sleepers = []; bound_to = None; ending = false } s.notifications },
      Notification { notification = id; badge = zero } )
  else if type_ = t_reply then (set_reply id Free s, Reply id)
  else if type_ = t_sched_context then
    ({ s with contexts = Ids.add id (new_context s size) s.contexts }, Sched_context { context = id; bits = size })
  else if type_ = t_frame then (s, Frame { frame = id; bits = size; device; mapped = None })
  else if type_ = t_space then
    ( { s with spaces = Ids.add id { number = Some n; entries = Entries.empty } s.spaces }
      |> take_number range (number_of id) n,
      Space id )
  else if type_ = t_page_table then (s, Page_table { table = id; placed = None })
  else ({ s with irq_handlers = Ids.add id (Some n) s.irq_handlers } |> take_number range (line_of id) n, Irq_handler id)

let retype q ~base ~bits ~device ~watermark s =
  let type_ = arg_number q 1 and size = arg_number q 2 and count = arg_number q 5 in
  let* () = require (type_ >= t_untyped && type_ <= t_irq_handler) TYPE 1 in
  let* () = require ((not device) || type_ = t_frame || type_ = t_untyped) TYPE 1 in
  let* object_bits = Option.to_result ~none:(RANGE, 2) (memory_bits s type_ size) in
  let* slots = destinations s q count in
  let* range = numbers s q type_ count in
  let bytes = 1 lsl object_bits in
  let offset = (watermark + bytes - 1) / bytes * bytes in
  let* () = require (offset + (count * bytes) <= 1 lsl bits) MEMORY 0 in
  let* () = require (Derivation.can_have_child s q.slot) DEPTH 0 in
  let made s = List.length (List.filter (fun slot -> cap s slot <> None) slots) in
  let one s =
    let i = made s in
    let s, kind = create s type_ size ~id:(base + offset + (i * bytes)) ~device ~range ~n:(arg_number q 7 + i) in
    let watermark = offset + ((i + 1) * bytes) in
    let s =
      Derivation.add_child q.slot (List.nth slots i) { kind; rights = all_rights } s
      |> Derivation.set_cap q.slot { q.cap with kind = Untyped { base; bits; device; watermark } }
    in
    if i + 1 = count then Destruction.Last s else More s
  in
  let rest s =
    let i = made s in
    let s = s |> set_argument q 4 (arg_number q 4 + i) |> set_argument q 5 (count - i) in
    if range = None then s else set_argument q 7 (arg_number q 7 + i) s
  in
  Ok (Parts (s, one, rest))

let reset q s =
  let floor = arg_number q 1 in
  let one s =
    match cap s q.slot with
    | Some ({ kind = Untyped u; _ } as c) when u.watermark > floor ->
        let below = (u.watermark - 1) / clear_step * clear_step in
        let watermark = if u.device then floor else max below floor in
        Destruction.More (Derivation.set_cap q.slot { c with kind = Untyped { u with watermark } } s)
    | _ -> Destruction.Done
  in
  match q.cap.kind with
  | Untyped u ->
      let* () = require (not (Derivation.has_children s q.slot)) CHILDREN 0 in
      let* () = require (floor <= u.watermark) RANGE 1 in
      let* () = require (floor mod clear_step = 0) ALIGNMENT 1 in
      Ok (Steps (s, one))
  | _ -> Error (OPERATION, 0)

let invoke q operation s =
  match (q.cap.kind, operation) with
  | Untyped u, 1 -> retype q ~base:u.base ~bits:u.bits ~device:u.device ~watermark:u.watermark s
  | Untyped _, 2 -> reset q s
  | Untyped u, _ ->
      Ok (Results (s, [ word u.base; word u.bits; word u.watermark; (if u.device then 1L else zero) ]))
  | _ -> Error (OPERATION, 0)
