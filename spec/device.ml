(* SPDX-License-Identifier: BSD-2-Clause *)
(* Frames, page tables and spaces as operations; interrupt lines; I/O ports. *)

open Abi
open State
open Invocation

let flag condition = if condition then 1L else zero

let invoke_frame q operation s =
  match q.cap.kind with
  | Frame f when operation = 1 ->
      let s = Mapping.undo q.cap.kind s in
      finished (Derivation.set_cap q.slot { q.cap with kind = Frame { f with mapped = None } } s)
  | Frame f when operation = 4 ->
      let at = match Mapping.place s q.cap.kind with Some (_, _, address) -> word address | None -> zero in
      Ok (Results (s, [ word f.frame; word f.bits; flag f.device; at ]))
  | Frame f ->
      let offset = arg_number q 1 and size = arg_number q 2 and bytes = 1 lsl f.bits in
      let* () = require (offset < bytes) RANGE 1 in
      let* () = require (size > 0 && size <= bytes - offset && size <= 1 lsl page_bits) RANGE 2 in
      let* () = require (not f.device) TYPE 0 in
      finished s
  | _ -> Error (OPERATION, 0)

(* That the table was used before is still known. *)
let invoke_table q s = finished (Mapping.undo q.cap.kind s)

let invoke_space q operation s =
  let* a = Option.to_result ~none:(OPERATION, 0) (a_space q.cap.kind) in
  match operation with
  | 1 -> (
      let* frame, _ = typed s q 1 a_frame 0 in
      match Mapping.map a frame ~address:(arg q 2) ~rights:(arg q 3) ~cache:(arg q 4) s with
      | Ok s -> finished s
      | Error (TABLE, _, [ level ]) -> Ok (Missing_table level)
      | Error (e, argument, _) -> Error (e, argument))
  | 2 ->
      let* table, _ = typed s q 1 a_table write in
      let* s, level = Mapping.map_table a table ~address:(arg q 2) s in
      Ok (Results (s, [ word level ]))
  | _ -> Ok (Results (s, [ word (Option.value ~default:0 (space s a).number) ]))

(* An interrupt is signalled once, and then not before it is acknowledged: its line is masked meanwhile. *)
let unmask line s = { s with open_lines = List.sort_uniq compare (line :: s.open_lines) }

let interrupt line s =
  match Ids.choose_opt (Ids.filter (fun _ owned -> owned = Some line) s.irq_handlers) with
  | Some (handler, _) -> Ipc.signal_slot (notification_of handler) s
  | None -> s

let invoke_irq q operation s =
  match q.cap.kind with
  | Irq_handler i -> (
      let* line = Option.to_result ~none:(STATE, 0) (Ids.find i s.irq_handlers) in
      let is_message = line >= s.settings.first_msi in
      match operation with
      | 1 ->
          let* source = optional s q 1 a_notification write in
          let* s = Sched_context.exchange (notification_of i) source s in
          finished (unmask line s)
      | 2 -> finished (unmask line s)
      | 3 ->
          let* () = require (arg_number q 1 <= 3) RANGE 1 in
          let* () = require (not is_message) UNSUPPORTED 0 in
          finished { s with line_modes = Ids.add line (arg_number q 1) s.line_modes }
      | _ ->
          let* () = require is_message UNSUPPORTED 0 in
          Ok (Results (s, [ 0xfee00000L; word line ])))
  | _ -> Error (OPERATION, 0)

let invoke_ports q operation s =
  match q.cap.kind with
  | Range { first; count; _ } ->
      let size = arg_number q 2 in
      let* () = require (List.mem size [ 1; 2; 4 ]) RANGE 2 in
      let* () = require (Transfer.contains ~first ~count (arg_number q 1) size) RANGE 1 in
      let mask = Int64.sub (Int64.shift_left 1L (8 * size)) 1L in
      Ok (Results (s, if operation = 1 then [ Int64.logand q.port_input mask ] else []))
  | _ -> Error (OPERATION, 0)
