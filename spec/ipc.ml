(* SPDX-License-Identifier: BSD-2-Clause *)
(* Sending, receiving, waiting; and threads that become runnable by it.

   A message is carried when sender and receiver meet. Who sent goes on; who called waits for the answer at the Reply
   that the receiver named, and gives its context to a receiver that has none; without a Reply nobody can answer. *)

open Abi
open State

let first_waiting s e =
  match (endpoint s e).waiters with [] -> None | t :: _ -> Some (thread s t).wait

let has_senders s e = match first_waiting s e with Some (Sending _) -> true | _ -> false
let has_receivers s e = match first_waiting s e with Some (Receiving _) -> true | _ -> false
let enqueue e t = set_endpoint e (fun x -> { x with waiters = x.waiters @ [ t ] })

let dequeue e t =
  let stop_looking c = { c with left = without t c.left } in
  set_endpoint e (fun x ->
      { x with waiters = without t x.waiters; cancelling = Option.map stop_looking x.cancelling })

(* The handler that a fault of a thread is sent to: the endpoint, and the badge. *)
let handler s slot =
  match cap s slot with
  | Some { kind = Endpoint { endpoint = e; badge }; rights } when includes rights write && not (endpoint s e).dying ->
      Some (e, badge)
  | _ -> None

(* The thread's context is used up. If it has a timeout handler, that is a fault if it has just happened, or if the
   context is not its own, whenever it happened; else the thread waits. *)
let lack_time t c s =
  let is_fault = s.running = Some c || (context s c).owner <> Some t in
  if is_fault && handler s (timeout_handler_of t) <> None then Ready.defer t s else Ready.wait_for_time c s

(* A runnable thread runs as soon as its context and priority let it. Without a context it waits for one, or is to
   fault. *)
let consider t s =
  let th = thread s t in
  if th.fault <> None || (th.context = None && th.lacks <> Nothing) then Ready.defer t s
  else
    let s = Ready.stop_deferring t s in
    match th.context with
    | None -> s
    | Some c when is_current s t && s.running = Some c -> s (* it still runs *)
    | Some c ->
        let is_running = s.running = Some c in
        let s = if is_running then s else set_context c (Refill.unblock s.now) s in
        if not (Refill.is_ready (context s c) s.now) then lack_time t c s
        else Ready.may_preempt t (if is_running then Ready.prepend t s else Ready.append t s)

let make_runnable t s = s |> set_wait t Runnable |> consider t

(* A sender goes on; with a fault it goes on to stop. *)
let release t status s =
  if (thread s t).fault <> None then make_runnable t s
  else
    let s = set_status t status s in
    if is_runnable s t then s else make_runnable t s

(* What becomes of a sender whose message was taken by a receiver that named this Reply. *)
let settle sender receiver r ~call ~grant truncated s =
  match r with
  | Some r when call ->
      let s = set_thread sender (fun th -> { th with truncated }) s in
      let s = if is_runnable s sender then Ready.forget sender s else s in
      Reply.owe r ~server:receiver ~caller:sender ~grant s
  | None when call -> release sender PEER_GONE s
  | _ ->
      let s = match r with Some r when reply s r = Armed receiver -> Reply.disarm r s | _ -> s in
      release sender (if truncated then TRUNCATED else OK) s

(* Sender and receiver meet; neither is queued. *)
let deliver sender receiver r ~badge ~call ~grant tag s =
  let is_fault = (thread s sender).fault <> None in
  let s, arrived, truncated = Transfer.transfer sender receiver tag ~grant s in
  let s = settle sender receiver r ~call ~grant truncated s in
  let s = if (thread s receiver).context = None then set_lacks receiver Message s else s in
  let flags = (if is_fault then from_kernel else 0) lor if call && r <> None then owed else 0 in
  set_head receiver (status ~flags (if truncated then TRUNCATED else OK)) badge arrived s

let send t ~at ~badge ~call ~grant tag ~poll s =
  if (endpoint s at).dying then release t PEER_GONE s
  else
    match best s (endpoint s at).waiters with
    | Some receiver when has_receivers s at ->
        s |> dequeue at receiver |> set_wait receiver Runnable
        |> deliver t receiver (Reply.armed s receiver) ~badge ~call ~grant tag
        |> make_runnable receiver
    | _ when poll -> set_status t WOULD_BLOCK s
    | _ -> s |> Ready.forget t |> set_wait t (Sending { at; badge; call; grant; tag }) |> enqueue at t

(* A fault is a call from the kernel to a handler; None if there is none. *)
let raise_to slot t ((kind, _, _) as fault) s =
  let raise_at (at, badge) =
    s |> Ready.forget t
    |> set_thread t (fun th -> { th with fault = Some fault })
    |> send t ~at ~badge ~call:true ~grant:false (tag (word kind) 4 0) ~poll:false
  in
  Option.map raise_at (handler s slot)

(* ---- Contexts: who has them *)

let detach c s =
  match (context s c).user with
  | None -> s
  | Some t ->
      s |> Ready.forget t
      |> set_thread t (fun th -> { th with context = None })
      |> set_context c (fun k -> { k with user = None; lent = false })

let attach c t s =
  s |> set_context c (fun k -> { k with user = Some t })
  |> set_thread t (fun th -> { th with context = Some c; lacks = Nothing })

let cut_chain c = set_context c (fun k -> { k with chain = [] })

(* ---- Notifications *)

(* The bits go to a thread that no longer waits. *)
let wake n t s =
  let bits = (notification s n).bits in
  s |> set_notification n (fun x -> { x with bits = zero })
  |> set_result t (word signal) bits zero |> make_runnable t

let stop_receiving e t s =
  let s = dequeue e t s in
  match Reply.armed s t with Some r -> Reply.disarm r s | None -> s

(* A thread that waits at an endpoint gets the bits of its bound notification, if it has a context to run on. *)
let deliver_bound t s =
  let th = thread s t in
  match (th.bound, th.wait, th.context) with
  | Some n, Receiving e, Some _ when (notification s n).bits <> zero -> s |> stop_receiving e t |> wake n t
  | _ -> s

let signal_bits n bits s =
  let s = set_notification n (fun x -> { x with bits = Int64.logor x.bits bits }) s in
  let x = notification s n in
  match (best s x.sleepers, x.bound_to) with
  | _ when x.bits = zero -> s
  | Some t, _ -> s |> set_notification n (fun x -> { x with sleepers = without t x.sleepers }) |> wake n t
  | None, Some t -> deliver_bound t s
  | None, None -> s

let signal_slot slot s =
  match cap s slot with
  | Some { kind = Notification { notification = n; badge }; rights } when includes rights write -> signal_bits n badge s
  | _ -> s

(* What a thread can do since it has a context. *)
let start t s = if is_runnable s t && not (is_ready s t) then consider t s else deliver_bound t s

(* The owner gets it; whoever else had it does not. *)
let return_to_owner c s =
  let s = s |> cut_chain c |> detach c in
  match (context s c).owner with
  | Some owner when (thread s owner).context = None -> s |> attach c owner |> start owner
  | _ -> s

(* ---- Receiving *)

let take_bits t n s =
  let bits = (notification s n).bits in
  if bits = zero then None
  else Some (s |> set_result t (word signal) bits zero |> set_notification n (fun x -> { x with bits = zero }))

let take_bound t s =
  let th = thread s t in
  match (th.bound, th.context) with Some n, Some _ -> take_bits t n s | _ -> None

let take_message t e r s =
  match best s (endpoint s e).waiters with
  | None -> s
  | Some sender -> (
      match (thread s sender).wait with
      | Sending { badge; call; grant; tag; _ } -> s |> dequeue e sender |> deliver sender t r ~badge ~call ~grant tag
      | _ -> s)

(* A thread that waits at an endpoint gives back what was lent to it. *)
let return_lent t s =
  match (thread s t).context with Some c when (context s c).lent -> return_to_owner c s | _ -> s

let receive t e r ~poll s =
  let dying = (endpoint s e).dying in
  let s = if (not dying) && ((not poll) || has_senders s e) then return_lent t s else s in
  match take_bound t s with
  | Some s -> s
  | None when dying -> set_status t PEER_GONE s
  | None when has_senders s e -> take_message t e r s
  | None when poll -> set_status t WOULD_BLOCK s
  | None -> (
      let s = s |> Ready.forget t |> set_wait t (Receiving e) |> enqueue e t in
      match r with Some r -> Reply.arm r t s | None -> s)

let wait t n ~poll s =
  match take_bits t n s with
  | Some s -> s
  | None when (notification s n).ending -> set_status t PEER_GONE s
  | None when poll -> set_status t WOULD_BLOCK s
  | None ->
      s |> Ready.forget t |> set_wait t (Waiting n)
      |> set_notification n (fun x -> { x with sleepers = x.sleepers @ [ t ] })
