(* SPDX-License-Identifier: BSD-2-Clause *)
(* SchedContext: who has CPU time; and CoreRange: how much there is of it, and the core's user timer. *)

open Abi
open State
open Invocation

(* The thread that is to get a context which nobody has. *)
let receiver s q c =
  let* _, t = typed s q 1 a_thread write in
  let k = context s c in
  let* () = require (k.owner = None && k.user = None) BUSY 0 in
  let* () = require ((thread s t).owned = None) BUSY 1 in
  let* () = require (k.budget > 0) STATE 0 in
  Ok t

let bind s q c =
  let* t = receiver s q c in
  let* () = require ((thread s t).context = None) BUSY 1 in
  finished (Lifecycle.bind c t s)

(* In the place of one that was donated, which goes back. *)
let lend s q c =
  let* t = receiver s q c in
  match (thread s t).context with
  | None -> finished (Lifecycle.lend c t s)
  | Some had ->
      let k = context s had in
      let* () = require ((not k.lent) && k.chain <> []) BUSY 1 in
      finished (s |> Ipc.return_to_owner had |> Lifecycle.lend c t)

let invoke q operation s =
  let* c = Option.to_result ~none:(OPERATION, 0) (a_context q.cap.kind) in
  match operation with
  | 1 -> bind s q c
  | 2 -> finished (Lifecycle.unbind c s)
  | 4 -> lend s q c
  | _ ->
      let s = Processor.charge s in
      let k = context s c in
      Ok (Results (s, [ word k.consumed; word k.budget; word k.period; zero ]))

(* ---- Cores *)

let set_budget q ~first ~count s =
  let* _, c = typed s q 1 a_context write in
  let budget = arg_number q 3 and period = arg_number q 4 in
  let* () = require (Transfer.contains ~first ~count (arg_number q 2) 1) RANGE 2 in
  let* () = require (budget >= budget_minimum) RANGE 3 in
  let* () = require (period >= budget && period <= period_maximum) RANGE 4 in
  let user = (context s c).user in
  let wants = match user with Some t -> is_runnable s t | None -> false in
  let s = Processor.charge s in
  let s = match user with Some t -> Ready.forget t s | None -> s in
  let s = set_context c (fun k -> Refill.reset budget period s.now { k with context_badge = arg q 5 }) s in
  let s =
    match user with
    | Some t when wants && is_runnable s t && (not (is_ready s t)) && not (is_current s t) -> Ipc.consider t s
    | _ -> s
  in
  finished (Ready.reschedule s)

let set_timer q s =
  let* () = require (cap s user_timer <> None) STATE 0 in
  let deadline = if arg q 2 = -1L then never else min never (arg_number q 2) in
  let user_deadline = if deadline > never - s.settings.start then never else deadline + s.settings.start in
  finished { s with user_deadline }

(* The slot of an object that something else is put into. *)
let exchange slot source s =
  let* () = require (not (Destruction.would_destroy s slot)) STATE 0 in
  let s = if cap s slot <> None then Derivation.remove slot s else s in
  Ok (match source with Some (x, _) -> Transfer.put_copy x slot (Slots.find x s.caps) s | None -> s)

let bind_timer q s =
  let* source = optional s q 2 a_notification write in
  let* s = exchange user_timer source s in
  finished { s with user_deadline = never }

let invoke_cores q operation s =
  let* first, count = Option.to_result ~none:(OPERATION, 0) (a_range Cores q.cap.kind) in
  if operation = 1 then set_budget q ~first ~count s
  else if operation = 4 then
    (* Off, or reset: this machine cannot. *)
    let* () = require (arg_number q 1 <= 1) RANGE 1 in
    Error (UNSUPPORTED, 0)
  else
    let* () = require (Transfer.contains ~first ~count (arg_number q 1) 1) RANGE 1 in
    if operation = 2 then set_timer q s else bind_timer q s
