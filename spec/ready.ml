(* SPDX-License-Identifier: BSD-2-Clause *)
(* Who could run: the runnable threads whose context has time, except the current one (Benno scheduling). And contexts
   that wait for their time, and threads that are to fault or stop before anybody runs. *)

open State

let priority s t = (thread s t).priority

(* Behind, or before, all others of its priority. *)
let append t s =
  let before, behind = List.partition (fun x -> priority s x >= priority s t) s.ready in
  { s with ready = before @ (t :: behind) }

let prepend t s =
  let before, behind = List.partition (fun x -> priority s x > priority s t) s.ready in
  { s with ready = before @ (t :: behind) }

let remove t s = { s with ready = without t s.ready }
let reschedule s = { s with reschedule = true }

let wait_for_time c s =
  let at k = match k.wakes with None -> Some (Refill.head k).time | waits -> waits in
  set_context c (fun k -> { k with wakes = at k }) s

(* It is neither ready nor waits for time; if it was current, somebody else runs. *)
let forget t s =
  let s = remove t s in
  let s =
    match (thread s t).context with None -> s | Some c -> set_context c (fun k -> { k with wakes = None }) s
  in
  if is_current s t then reschedule s else s

let defer t s = reschedule (if List.mem t s.deferred then s else { s with deferred = s.deferred @ [ t ] })
let stop_deferring t s = { s with deferred = without t s.deferred }

let may_preempt t s =
  match s.current with
  | Some c when is_runnable s c && c <> t && priority s t <= priority s c -> s
  | _ -> reschedule s
