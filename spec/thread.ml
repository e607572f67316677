(* SPDX-License-Identifier: BSD-2-Clause *)
(* Thread: what it refers to, its registers, when it runs. *)

open Abi
open State
open Invocation

(* ---- Configure: for each bit of the mask, the thread's slot, the argument, and what that must be *)

let page_of_frame q frame bits device =
  let offset = arg_number q 5 in
  let* () = require (not device) TYPE 4 in
  let* () = require (offset < 1 lsl bits) RANGE 5 in
  let* () = require (offset mod 1024 = 0) ALIGNMENT 5 in
  Ok (frame + offset)

let a type_of_kind kind = Option.map (fun _ -> ()) (type_of_kind kind)

let parts t =
  [ (1, cnode_of t, 2, a a_cnode, write); (2, space_of t, 3, a a_space, write);
    (4, message_of t, 4, a a_frame, read lor write); (8, fault_handler_of t, 6, a an_endpoint, write);
    (16, timeout_handler_of t, 7, a an_endpoint, write); (32, death_of t, 8, a a_notification, write) ]

let replace_part t q slot source s =
  let s =
    match (cap s slot, source) with
    | None, _ -> s
    | Some _, Some _ when slot = space_of t -> Derivation.remove slot s (* exchanged: the thread does not stop *)
    | Some _, _ -> s |> Destruction.slot_cleared slot |> Derivation.remove slot
  in
  match Option.map (fun x -> (x, Slots.find x s.caps)) source with
  | None -> s
  | Some (source, c) ->
      let s = Transfer.put_copy source slot c s in
      (match c.kind with
      | Frame f -> set_thread t (fun th -> { th with page = Some (f.frame + arg_number q 5) }) s
      | _ -> s)

let configure q t s =
  let mask = arg_number q 1 in
  let* () = require (mask <= 63) RANGE 1 in
  let decode (flag, slot, n, is_type, rights) =
    if mask land flag = 0 then Ok None
    else
      let* source = optional s q n is_type rights in
      let* _ =
        match Option.map (fun (x, ()) -> (Slots.find x s.caps).kind) source with
        | Some (Frame f) -> page_of_frame q f.frame f.bits f.device
        | _ -> Ok 0
      in
      let* () = require (not (Destruction.would_destroy s slot)) STATE n in
      Ok (Some (slot, Option.map fst source))
  in
  let add parts part =
    let* parts = parts in
    let* part = decode part in
    Ok (parts @ Option.to_list part)
  in
  let* chosen = List.fold_left add (Ok []) (parts t) in
  let both = [ fault_handler_of t; timeout_handler_of t ] in
  let same = List.sort_uniq compare (List.map (fun x -> Option.bind (cap s x) (fun c -> Derivation.object_of c.kind)) both) in
  let* () = require (not (mask land 24 = 24 && List.length same = 1 && Derivation.are_last s both (List.hd both))) STATE 7 in
  let s = List.fold_left (fun s (slot, source) -> replace_part t q slot source s) s chosen in
  finished (if is_current s t then Ready.reschedule s else s)

(* ---- Registers *)

let register_is_allowed r value = r <> ip || (value >= zero && value < user_address_end)

let put_register t r value s =
  let s = set_register r (if r = flags_register then Int64.logand value 0xffL else value) t s in
  if r = ip then set_thread t (fun th -> { th with again = false }) s else s

let write_registers q t s =
  let first = arg_number q 1 and values = List.tl q.words in
  let* () = require (t <> q.caller) STATE 0 in
  let* () = require (first < register_count && List.length values <= register_count - first) RANGE 1 in
  let numbered = List.mapi (fun i v -> (i, v)) values in
  match List.find_opt (fun (i, v) -> not (register_is_allowed (first + i) v)) numbered with
  | Some (i, _) -> Error (RANGE, i + 2)
  | None ->
      let s = set_thread t (fun th -> { th with repeats = false }) s in
      finished (List.fold_left (fun s (i, v) -> put_register t (first + i) v s) s numbered)

(* ---- Running and waiting *)

(* Whoever starts or stops a thread that is to fault or stop finds that done. *)
let settled t s = if List.mem t s.deferred then Lifecycle.settle t (Processor.charge s) else s

let suspend q t s =
  let code = arg q 1 in
  let s = settled t s in
  if t <> q.caller then finished (Lifecycle.stop t stop_suspend code s)
  else Ok (Silent (s |> set_head t (status OK) zero zero |> Lifecycle.stop t stop_suspend code))

let resume t s =
  let* () = require (cap s (space_of t) <> None) STATE 0 in
  let s = settled t s in
  if (thread s t).wait <> Stopped then finished s
  else
    s |> set_thread t (fun th -> { th with stop_reason = stop_none; exit_code = zero })
    |> Ipc.make_runnable t |> finished

let cancel t s =
  let s = settled t s in
  match (thread s t).fault with
  | _ when not (is_blocked s t) -> finished s
  | Some (kind, _, _) -> finished (Lifecycle.stop t stop_fault (word kind) s)
  | None -> finished (Lifecycle.end_wait t CANCELLED s)

let set_priority q t s =
  let check n =
    let* () = require (arg_number q n <= 255) RANGE n in
    require (arg_number q n <= (thread s q.caller).max_priority) PRIORITY n
  in
  let* () = check 1 in
  let* () = check 2 in
  let was_ready = is_ready s t in
  let s = if was_ready then Ready.remove t s else s in
  let s = set_thread t (fun th -> { th with priority = arg_number q 1; max_priority = arg_number q 2 }) s in
  let s = if was_ready then Ready.append t s else s in
  finished (if was_ready || is_current s t then Ready.reschedule s else s)

let bind_notification q t s =
  let* found = optional s q 1 a_notification read in
  match (found, (thread s t).bound) with
  | None, Some n -> finished (Destruction.unbind_notification n s)
  | None, None -> finished s
  | Some (_, n), bound ->
      let x = notification s n in
      let* () = require (bound = None) BUSY 0 in
      let* () = require (x.bound_to = None) BUSY 1 in
      let* () = require (x.sleepers = []) STATE 1 in
      s |> set_thread t (fun th -> { th with bound = Some n })
      |> set_notification n (fun x -> { x with bound_to = Some t })
      |> Ipc.deliver_bound t |> finished

let set_attributes q t s =
  let mask = arg_number q 1 in
  let* () = require (mask <= 3) RANGE 1 in
  let* () = require (arg_number q 2 land lnot mask = 0) RANGE 2 in
  finished (set_thread t (fun th -> { th with attributes = th.attributes land lnot mask lor arg_number q 2 }) s)

let state_number = function
  | Stopped -> 0
  | Runnable -> 1
  | Sending _ -> 2
  | Receiving _ -> 3
  | Waiting _ -> 4
  | Calling _ -> 5

let info t s =
  let th = thread s t in
  Ok (Results (s, [ word (state_number th.wait); word th.stop_reason; th.exit_code; word th.priority ]))

let invoke q operation s =
  let* t = Option.to_result ~none:(OPERATION, 0) (a_thread q.cap.kind) in
  match operation with
  | 1 -> configure q t s
  | 2 ->
      let* () = require (t <> q.caller) STATE 0 in
      Ok (Results (s, (thread s t).registers))
  | 3 -> write_registers q t s
  | 4 -> suspend q t s
  | 5 -> resume t s
  | 6 -> cancel t s
  | 7 -> set_priority q t s
  | 8 -> bind_notification q t s
  | 9 -> set_attributes q t s
  | _ -> info t s
