(* SPDX-License-Identifier: BSD-2-Clause *)
(* CNode: capabilities put into its slots and taken out. *)

open Abi
open State
open Invocation

let slot_of q ~cnode ~bits error =
  let index = arg_number q 1 in
  let* () = require (index > 0 && index < 1 lsl bits) error 1 in
  Ok { holder = cnode; index }

(* Argument 1 is an empty slot, argument 2 a capability. *)
let fill s q ~cnode ~bits =
  let* target = slot_of q ~cnode ~bits SLOT in
  let* () = require (cap s target = None) SLOT 1 in
  match Derivation.look_up s q.caller (arg q 2) with Ok (source, _) -> Ok (source, target) | Error e -> Error (e, 2)

(* What the caller had begun before comes first. *)
let take_away step q slot s =
  Ok (Steps (s, fun s -> match Destruction.work_step q.caller s with Destruction.Done -> step slot q.caller s | p -> p))

let inspected_data s kind =
  match kind with
  | Endpoint { badge; _ } | Notification { badge; _ } -> badge
  | Range { first; count; _ } -> Int64.logor (word first) (Int64.shift_left (word count) 32)
  | Untyped { watermark; _ } -> word watermark
  | Frame _ -> ( match Mapping.place s kind with Some (_, _, address) -> word address | None -> zero)
  | _ -> zero

let inspected_size = function
  | Untyped { bits; _ } | Cnode { bits; _ } | Sched_context { bits; _ } | Frame { bits; _ } -> bits
  | _ -> 0

let inspect s slot =
  match cap s slot with
  | None -> [ zero; zero; zero; zero ]
  | Some c ->
      [ word (type_of c.kind); word c.rights; inspected_data s c.kind; word (inspected_size c.kind) ]

(* A round that the canceller had begun before, and never came back to, is somebody else's: it is finished first. *)
let cancel_anew e canceller s =
  let disown c = if c.canceller = canceller then { c with canceller = 0 } else c in
  set_endpoint e (fun x -> { x with cancelling = Option.map disown x.cancelling }) s

(* Those that waited to send when this began are looked at, the newest first. *)
let cancel_step e badge canceller s =
  match (endpoint s e).cancelling with
  | None ->
      let left = if Ipc.has_senders s e then List.rev (endpoint s e).waiters else [] in
      Destruction.More (set_endpoint e (fun x -> { x with cancelling = Some { badge; canceller; left } }) s)
  | Some c -> (
      match c.left with
      | t :: left -> (
          let s = set_endpoint e (fun x -> { x with cancelling = Some { c with left } }) s in
          match (thread s t).wait with
          | Sending { badge; _ } when badge = c.badge -> Destruction.More (Lifecycle.wait_failed t CANCELLED s)
          | _ -> Destruction.More s)
      | [] ->
          let s = set_endpoint e (fun x -> { x with cancelling = None }) s in
          if c.badge = badge && c.canceller = canceller then Destruction.Last s else Destruction.More s)

let cancel_badge q slot s =
  match cap s slot with
  | None -> Error (CAPABILITY, 1)
  | Some { kind = Endpoint { endpoint; badge }; rights } ->
      let* () = require (includes rights (read lor write) && badge = zero) RIGHT 1 in
      let s = if q.repeats then s else cancel_anew endpoint q.caller s in
      Ok (Steps (s, cancel_step endpoint (arg q 2) q.caller))
  | Some _ -> Error (TYPE, 1)

let invoke q operation s =
  let* cnode, bits = Option.to_result ~none:(OPERATION, 0) (a_cnode q.cap.kind) in
  match operation with
  | 1 ->
      let* source, target = fill s q ~cnode ~bits in
      let* s = Transfer.copy source target s in
      finished s
  | 2 ->
      let* source, target = fill s q ~cnode ~bits in
      let* s = Transfer.mint source target ~rights:(arg q 3) ~badge:(arg q 4) ~count:(arg q 5) s in
      finished s
  | 3 ->
      let* source, target = fill s q ~cnode ~bits in
      finished (Transfer.move source target s)
  | 4 ->
      let* slot = slot_of q ~cnode ~bits RANGE in
      take_away Destruction.delete_step q slot s
  | 5 ->
      let* slot = slot_of q ~cnode ~bits RANGE in
      let* () = require (cap s slot <> None) CAPABILITY 1 in
      take_away Destruction.revoke_step q slot s
  | 6 ->
      let* slot = slot_of q ~cnode ~bits RANGE in
      Ok (Results (s, inspect s slot))
  | _ ->
      let* slot = slot_of q ~cnode ~bits RANGE in
      cancel_badge q slot s
