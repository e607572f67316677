(* SPDX-License-Identifier: BSD-2-Clause *)
(* How waits, calls and donations end, and how threads fault and stop. *)

open Abi
open State
open Ipc

(* ---- Donated contexts come back *)

(* A thread has lost its context against its will: it faults or stops, but not while it is idle. *)
let miss t s =
  match (thread s t).wait with
  | Receiving _ -> s
  | Runnable -> s |> set_lacks t Withdrawn |> consider t
  | _ -> set_lacks t Withdrawn s

(* The latest call that donated it ends: to its caller, which may have another one by now. *)
let return_context c caller ~answering s =
  let loser = (context s c).user in
  let s =
    if (thread s caller).context <> None then return_to_owner c s
    else
      let lent = (context s c).lent in
      s |> detach c |> attach c caller |> set_context c (fun k -> { k with lent })
  in
  match loser with Some t when answering <> Some t -> miss t s | _ -> s

(* A call in the middle of the chain ends: the owner gets it at once, from whoever has it. *)
let recall c s =
  let k = context s c in
  if k.user = k.owner then cut_chain c s
  else
    let s = return_to_owner c s in
    match k.user with Some t -> miss t s | None -> s

(* The call that waits at a Reply ends. The caller's wait is changed by whoever ends it. *)
let settle_call r ~answering s =
  match reply s r with
  | Free | Armed _ -> s
  | Owed { caller; _ } -> (
      let donated = Ids.choose_opt (Ids.filter (fun _ k -> List.mem r k.chain) s.contexts) in
      let s = s |> Reply.forget_server r |> set_reply r Free in
      match donated with
      | None -> s
      | Some (c, k) ->
          let s = set_context c (fun x -> { x with chain = without r x.chain }) s in
          if List.hd k.chain = r then return_context c caller ~answering s else recall c s)

(* ---- The end of a wait *)

let unwait t s =
  match (thread s t).wait with
  | Receiving e -> stop_receiving e t s
  | Sending { at; _ } -> dequeue at t s
  | Waiting n -> set_notification n (fun x -> { x with sleepers = without t x.sleepers }) s
  | Calling r -> settle_call r ~answering:None s
  | Runnable | Stopped -> s |> Ready.forget t |> Ready.stop_deferring t

(* The thread goes on, with this status. *)
let end_wait t error s =
  let th = thread s t in
  let idle = match th.wait with Receiving _ -> th.context = None | _ -> false in
  let s = if idle then set_lacks t Message s else s in
  s |> unwait t
  |> set_thread t (fun th -> { th with fault = None; truncated = false })
  |> set_status t error |> make_runnable t

(* What the thread waits for will not come. If that is the answer to its fault, it is to stop. *)
let wait_failed t error s =
  if (thread s t).fault <> None then s |> unwait t |> make_runnable t else end_wait t error s

let fail_call r s = match reply s r with Owed { caller; _ } -> wait_failed caller PEER_GONE s | _ -> s

(* ---- Stopping *)

(* Whoever waits for the answer to the latest call that the thread received learns that none will come. *)
let fail_caller t s = match (thread s t).reply with Some r -> fail_call r s | None -> s

let stop t reason code s =
  let th = thread s t in
  if th.wait = Stopped then s
  else
    let waited = is_blocked s t in
    let is_receiving = match th.wait with Receiving _ -> true | _ -> false in
    let is_timed_out = match th.fault with Some (kind, _, _) -> kind = fault_timeout | None -> false in
    (* On others' time, or between two calls, or without what it had: resumed, it lacks time to get back to its endpoint. *)
    let is_passive = th.owned = None && (th.context <> None || is_receiving || th.lacks <> Nothing || is_timed_out) in
    let s = unwait t s in
    let s = if waited && th.fault = None then set_status t CANCELLED s else s in
    let s =
      set_thread t
        (fun th ->
          { th with wait = Stopped; fault = None; truncated = false; stop_reason = reason; exit_code = code })
        s
    in
    let s = if is_current s t then Ready.reschedule s else s in
    let s = if reason <> stop_suspend || is_current s t then fail_caller t s else s in
    s |> set_lacks t (if is_passive then Message else Nothing) |> signal_slot (death_of t)

(* ---- Faults *)

let raise_fault t ((kind, _, _) as fault) s =
  match raise_to (fault_handler_of t) t fault s with Some s -> s | None -> stop t stop_fault (word kind) s

(* A thread is to run without a context: its timeout handler hears of it. Without one it waits if it only lacks what a
   message did not bring, and stops if its context was taken away. *)
let raise_withdrawn t s =
  let must_stop = (thread s t).lacks = Withdrawn in
  let s = set_lacks t Nothing s in
  match raise_to (timeout_handler_of t) t (fault_timeout, zero, withdrawn) s with
  | Some s -> s
  | None -> if must_stop then stop t stop_fault (word fault_timeout) s else s

let raise_exhausted t c s =
  let s = set_lacks t Nothing s in
  match raise_to (timeout_handler_of t) t (fault_timeout, (context s c).context_badge, exhausted) s with
  | Some s -> s
  | None -> Ready.wait_for_time c s

(* A thread that is to fault or stop does so. *)
let settle t s =
  let s = Ready.stop_deferring t s in
  let th = thread s t in
  match (th.fault, th.context) with
  | Some (kind, _, _), _ -> stop t stop_fault (word kind) s
  | None, None -> raise_withdrawn t s
  | None, Some c -> if Refill.is_ready (context s c) s.now then consider t s else raise_exhausted t c s

(* A few an entry: each can be the reason of the next. *)
let settle_deferred s =
  let settle_first s = match s.deferred with [] -> s | t :: _ -> settle t s in
  List.fold_left (fun s () -> settle_first s) s (List.init deferred_per_entry (fun _ -> ()))

(* The handler answers: the thread goes on where it stands, or where the answer says; or it stops. *)
let answer_fault t label words new_ip new_sp s =
  let kind = match (thread s t).fault with Some (kind, _, _) -> kind | None -> 0 in
  let s = s |> set_thread t (fun th -> { th with fault = None }) |> set_wait t Runnable in
  if label = 1L then stop t stop_fault (word kind) s
  else
    let is_user_address = new_ip >= zero && new_ip < user_address_end in
    let s =
      if words >= 2 && is_user_address then
        s |> set_register ip new_ip t |> set_register sp new_sp t
        |> set_thread t (fun th -> { th with again = false; repeats = false })
      else s
    in
    (* If its time is used up, that is known: it waits and does not fault again. *)
    match (thread s t).context with
    | Some c when not (Refill.is_ready (context s c) s.now) -> Ready.wait_for_time c s
    | _ -> consider t s

(* ---- Answers *)

(* Answer through a Reply that owes one; true if something was left out. *)
let answer sender r tag s =
  match reply s r with
  | Free | Armed _ -> (s, false)
  | Owed { caller; grant; _ } ->
      let c = thread s caller in
      let s, truncated =
        if c.fault <> None then
          let s = settle_call r ~answering:(Some sender) s in
          let w i = register s sender (w0 + i) in
          (answer_fault caller (tag_label tag) (tag_words tag) (w 0) (w 1) s, false)
        else
          let s, arrived, truncated = Transfer.transfer sender caller tag ~grant s in
          let s = settle_call r ~answering:(Some sender) s in
          let error = if truncated || c.truncated then TRUNCATED else OK in
          ( s |> set_thread caller (fun th -> { th with truncated = false })
            |> set_head caller (status error) zero arrived |> make_runnable caller,
            truncated )
      in
      let th = thread s sender in
      ((if th.context = None && th.lacks <> Withdrawn then set_lacks sender Message s else s), truncated)

(* ---- Binding, lending and unbinding contexts *)

let bind c t s =
  s |> set_context c (fun k -> { k with owner = Some t })
  |> set_thread t (fun th -> { th with owned = Some c })
  |> attach c t |> start t

let lend c t s = s |> attach c t |> set_context c (fun k -> { k with lent = true }) |> start t

let unbind c s =
  let k = context s c in
  let s = set_context c (fun k -> { k with owner = None }) s in
  let s =
    match k.owner with
    | None -> s
    | Some t -> set_thread t (fun th -> { th with owned = None; lacks = Nothing }) s
  in
  let s = s |> cut_chain c |> detach c in
  match k.user with Some t when k.owner <> Some t -> miss t s | _ -> s
