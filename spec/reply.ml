(* SPDX-License-Identifier: BSD-2-Clause *)
(* Replies: free, armed by a receiver that waits, or owing an answer to a caller. The thread that armed one, or
   received a call with it, stands for the answer as long as it is the latest one that it received with and the
   capability is not moved on. Donation: a call gives the caller's context to a server that has none. *)

open Abi
open State

let armed s receiver =
  match (thread s receiver).reply with
  | Some r when reply s r = Armed receiver -> Some r
  | _ -> None

let server_of = function Free -> None | Armed t -> Some t | Owed { server; _ } -> server

(* The server and the Reply know nothing of each other any more. *)
let forget_server r s =
  let s =
    match server_of (reply s r) with None -> s | Some t -> set_thread t (fun th -> { th with reply = None }) s
  in
  match reply s r with Owed o -> set_reply r (Owed { o with server = None }) s | Armed _ | Free -> s

(* The Reply that the thread had before stands for itself now. *)
let meet t r s =
  let s = match (thread s t).reply with Some other when other <> r -> forget_server other s | _ -> s in
  set_thread t (fun th -> { th with reply = Some r }) s

let arm r t s = s |> meet t r |> set_reply r (Armed t)
let disarm r s = s |> forget_server r |> set_reply r Free

let hand_over c from target s =
  s |> set_thread from (fun th -> { th with context = None })
  |> set_thread target (fun th -> { th with context = Some c; lacks = Nothing })
  |> set_context c (fun k -> { k with user = Some target })

(* The caller waits for the server's answer. A context that is used up is no help for the handler of that fault. *)
let owe r ~server ~caller ~grant s =
  let s = s |> meet server r |> set_reply r (Owed { server = Some server; caller; grant }) |> set_wait caller (Calling r) in
  let c = thread s caller in
  let is_timeout = match c.fault with Some (kind, _, _) -> kind = fault_timeout | None -> false in
  match (c.context, (thread s server).context) with
  | Some k, None when not is_timeout ->
      s |> set_context k (fun x -> { x with chain = r :: x.chain })
      |> hand_over k caller server |> set_lacks caller Withdrawn
  | _ -> s

(* The capability is moved: who received no longer stands for the answer. *)
let moved r s = match reply s r with Owed _ -> forget_server r s | Free | Armed _ -> s
