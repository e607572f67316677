(* SPDX-License-Identifier: BSD-2-Clause *)
(* Time and who runs: charging, the way out of the kernel, the timer.

   Time is charged when somebody else may have to run, when the timer fires, and when somebody asks. *)

open Abi
open State

(* Charge the running context up to now. If a refill is used up, its thread gives way to its equals, or waits. *)
let charge s =
  let used = s.now - s.charged_at in
  let s = { s with charged_at = s.now } in
  match s.running with
  | None -> s
  | Some c -> (
      let k, gives_way = Refill.charge used (context s c) in
      let s = set_context c (fun _ -> { k with consumed = k.consumed + used }) s in
      if not gives_way then s
      else
        let s = Ready.reschedule s in
        match k.user with
        | Some t when is_ready s t ->
            let s = Ready.remove t s in
            if Refill.is_ready k s.now then Ready.append t s else Ipc.consider t s
        | Some t when is_current s t && is_runnable s t -> { s with ended = true }
        | _ -> s)

(* The thread that was running goes where it belongs, if it can go on. *)
let requeue_current s =
  match s.current with
  | Some t when is_runnable s t && (not (is_ready s t)) && not (List.mem t s.deferred) -> (
      match (thread s t).context with
      | None -> Ipc.consider t s
      | Some c ->
          let same = s.running = Some c in
          let s = if same then s else set_context c (Refill.unblock s.now) s in
          if not (Refill.is_ready (context s c) s.now) then Ipc.lack_time t c s
          else if same && s.ended then Ready.append t s
          else Ready.prepend t s)
  | _ -> s

(* The best of those that could run does. *)
let dispatch s =
  match s.ready with
  | [] -> { s with current = None; running = None }
  | t :: ready -> { s with ready; current = Some t; running = (thread s t).context }

(* Also one that goes on: a tick may have come very late. *)
let begin_running s =
  match s.running with Some c -> set_context c (Refill.start_running s.now) s | None -> s

(* On the way out of the kernel. *)
let leave s =
  if not s.reschedule then s
  else
    let s = s |> charge |> requeue_current in
    let s = Lifecycle.settle_deferred { s with current = None } in
    begin_running (dispatch { s with reschedule = false; ended = false })

(* The same without accounting: only allowed if the context that runs is the same afterwards; it was handed on with a
   call or an answer, and its time goes on. *)
let leave_running s =
  let after = dispatch { s with current = None; reschedule = false } in
  if s.deferred = [] && after.running = s.running && not s.ended
     && (match s.current with Some t -> not (is_runnable s t) | None -> false)
  then Some after
  else None

(* Give up the rest of the refill. *)
let yield s =
  let s = charge s in
  let s = match s.running with Some c when not s.ended -> set_context c Refill.give_up s | _ -> s in
  Ready.reschedule { s with ended = true }

(* Contexts whose time has come, a few a tick. [first] says which of two that are due at the same time comes first: that
   is not specified. *)
let replenish first s =
  let due c k = match k.wakes with Some time when time <= s.now -> [ (time, first c, c) ] | _ -> [] in
  let all = List.concat_map (fun (c, k) -> due c k) (Ids.bindings s.contexts) in
  let some = List.filteri (fun i _ -> i < replenishments_per_tick) (List.sort compare all) in
  let wake s (_, _, c) =
    let s = set_context c (fun k -> { k with wakes = None }) s in
    match (context s c).user with
    | Some t when is_runnable s t && not (is_current s t) -> Ipc.consider t s
    | _ -> s
  in
  List.fold_left wake s some

let timer first s =
  let s = s |> Ready.reschedule |> charge |> replenish first in
  if s.user_deadline <= s.now then Ipc.signal_slot user_timer { s with user_deadline = never } else s

(* When the timer must fire at the latest. *)
let next_event s =
  let wakes = List.filter_map (fun (_, k) -> k.wakes) (Ids.bindings s.contexts) in
  let ends = match s.running with Some c -> [ s.charged_at + (Refill.head (context s c)).amount ] | None -> [] in
  let settle = if s.deferred <> [] then [ s.now ] else [] in
  List.fold_left min s.user_deadline (wakes @ ends @ settle)
