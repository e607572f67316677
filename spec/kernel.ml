(* SPDX-License-Identifier: BSD-2-Clause *)
(* The kernel's entries: what each event does to the state.

   [step] is what happens if nothing interrupts. [outcomes] is all that may happen: an operation that can be interrupted
   may stop after any of its steps (or before the first, if what it did is not seen here), and is then done again by its
   caller; and accounting may be put off where the context that runs was only handed on. *)

open Abi
open State

type entry =
  | System_call
  | Interrupt of int
  | Timer
  | Page_fault of word * word (* address and access *)
  | Exception of word * word (* kind and code *)

type event = {
  entry : entry; (* of the thread that is current *)
  at : int; (* when *)
  first : id -> int; (* of contexts that are due at the same time, the one with the smaller number comes first *)
  port_input : word; (* what a device has at an I/O port that is read *)
}

(* Where an entry leads: to one state, or through the steps of an operation. *)
type course = State of state | Course of id * state * (state -> Destruction.progress) * (state -> state)

(* ---- System calls *)

(* The caller stands at its system call again. *)
let again t s =
  s |> set_register ip (Int64.sub (register s t ip) syscall_length) t
  |> set_thread t (fun th -> { th with again = true })

(* It was interrupted, and does again what it had begun. *)
let interrupted t s = s |> again t |> set_thread t (fun th -> { th with repeats = true })

let bad_destination t address error s =
  let s = set_thread t (fun th -> { th with repeats = false }) s in
  if (thread s t).attributes land fault_on_cap <> 0 then
    s |> again t |> Lifecycle.raise_fault t (fault_capability, address, word (error_number error))
  else set_status t error s

let send_to t address (at, badge, rights) ~call ~poll s =
  let tag = register s t a2 in
  if not (includes rights write) then bad_destination t address RIGHT s
  else if not (tag_is_valid tag) then set_status t RANGE s
  else Ipc.send t ~at ~badge ~call ~grant:(includes rights grant) tag ~poll s

let operate q label s =
  let operation = Int64.to_int (Int64.logand label 0xffL) in
  let is_known = Int64.shift_right_logical label 8 = word (Invocation.type_of q.Invocation.cap.kind) in
  match Invocation.rule q.cap.kind operation with
  | None -> Error (OPERATION, 0)
  | _ when not is_known -> Error (OPERATION, 0)
  | Some (_, right) when not (includes q.cap.rights right) -> Error (RIGHT, 0)
  | Some (count, _) when List.length q.words < count -> Error (ARGUMENTS, 0)
  | Some _ -> (
      match q.cap.kind with
      | Untyped _ -> Untyped.invoke q operation s
      | Cnode _ -> Cnode.invoke q operation s
      | Thread _ -> Thread.invoke q operation s
      | Sched_context _ -> Sched_context.invoke q operation s
      | Frame _ -> Device.invoke_frame q operation s
      | Space _ -> Device.invoke_space q operation s
      | Page_table _ -> Device.invoke_table q s
      | Irq_handler _ -> Device.invoke_irq q operation s
      | Range { range = Io_ports; _ } -> Device.invoke_ports q operation s
      | Range { range = Cores; _ } -> Sched_context.invoke_cores q operation s
      | Range _ | Endpoint _ | Notification _ | Reply _ | Zombie _ -> Error (OPERATION, 0))

let invoke t slot cap port_input s =
  let tag = register s t a2 in
  let repeats = (thread s t).repeats in
  let q = { Invocation.caller = t; slot; cap; repeats; words = Invocation.arguments s t tag; port_input } in
  let s = set_thread t (fun th -> { th with repeats = false }) s in
  match operate q (tag_label tag) s with
  | Error (e, argument) -> State (Invocation.put_results t ~argument e [] s)
  | Ok (Results (s, results)) -> State (Invocation.put_results t OK results s)
  | Ok (Missing_table level) -> State (Invocation.put_results t ~argument:2 TABLE [ level ] s)
  | Ok (Silent s) -> State s
  | Ok (Steps (s, step)) -> Course (t, s, step, Fun.id)
  | Ok (Parts (s, step, rest)) -> Course (t, s, step, rest)

let call t port_input s =
  let address = register s t a1 in
  match Derivation.look_up s t address with
  | Error e -> State (bad_destination t address e s)
  | Ok (_, { kind = Endpoint { endpoint; badge }; rights }) ->
      State (send_to t address (endpoint, badge, rights) ~call:true ~poll:false s)
  | Ok (_, { kind = Notification _ | Reply _; _ }) -> State (bad_destination t address TYPE s)
  | Ok (slot, cap) -> invoke t slot cap port_input s

let send t ~poll s =
  let address = register s t a1 and tag = register s t a2 in
  match Derivation.look_up s t address with
  | Error e -> bad_destination t address e s
  | Ok (_, { kind = Endpoint { endpoint; badge }; rights }) ->
      send_to t address (endpoint, badge, rights) ~call:false ~poll s
  | Ok (_, { kind = Notification { notification; badge }; rights }) ->
      if includes rights write then s |> set_status t OK |> Ipc.signal_bits notification badge
      else bad_destination t address RIGHT s
  | Ok (_, { kind = Reply r; _ }) -> (
      match reply s r with
      | _ when not (tag_is_valid tag) -> set_status t RANGE s
      | Owed _ ->
          let s, truncated = Lifecycle.answer t r tag s in
          set_status t (if truncated then TRUNCATED else OK) s
      | Free | Armed _ -> set_status t PEER_GONE s)
  | Ok _ -> bad_destination t address TYPE s

(* Where a receive waits, and the Reply that it names. *)
type source = At_endpoint of id | At_notification of id

let decode_receive s t =
  let address = register s t a1 and reply_address = register s t a3 in
  let source =
    match Derivation.look_up s t address with
    | Error e -> Error (address, e)
    | Ok (_, { kind = Endpoint { endpoint; _ }; rights }) ->
        if includes rights read then Ok (At_endpoint endpoint) else Error (address, RIGHT)
    | Ok (_, { kind = Notification { notification; _ }; rights }) ->
        if includes rights read then Ok (At_notification notification) else Error (address, RIGHT)
    | Ok _ -> Error (address, TYPE)
  in
  match source with
  | Error e -> Error e
  | Ok source when reply_address = zero -> Ok (source, None)
  | Ok source -> (
      match Derivation.look_up s t reply_address with
      | Ok (_, { kind = Reply r; _ }) -> Ok (source, Some r)
      | Ok _ -> Error (reply_address, TYPE)
      | Error e -> Error (reply_address, e))

let receive_from t (source, r) ~poll s =
  match source with At_endpoint e -> Ipc.receive t e r ~poll s | At_notification n -> Ipc.wait t n ~poll s

let receive t ~poll s =
  match decode_receive s t with
  | Error (address, e) -> bad_destination t address e s
  | Ok (_, Some r) when reply s r <> Free -> set_status t BUSY s
  | Ok where -> receive_from t where ~poll s

(* An answer that costs the thread its context ends it here: it faults, and then sees that it did not receive. *)
let reply_receive t ~poll s =
  let tag = register s t a2 in
  let state_of r = match r with Some r -> reply s r | None -> Free in
  match decode_receive s t with
  | Error (address, e) -> bad_destination t address e s
  | Ok _ when not (tag_is_valid tag) -> set_status t RANGE s
  | Ok (_, r) when (match state_of r with Armed _ -> true | _ -> false) -> set_status t BUSY s
  | Ok ((_, r) as where) ->
      let s = match r with Some r -> fst (Lifecycle.answer t r tag s) | None -> s in
      if List.mem t s.deferred then set_status t CANCELLED s
      else if is_runnable s t then receive_from t where ~poll s
      else s

(* Only debug builds have it. *)
let debug t s =
  let found = Derivation.look_up s t (register s t a2) in
  let error =
    match (number (register s t a1), found) with
    | (0 | 2 | 4 | 6), _ | 1, Ok (_, { kind = Thread _; rights = 2 | 3 | 6 | 7 | 10 | 11 | 14 | 15 }) -> OK
    | 1, Error e -> e
    | 1, Ok (_, { kind = Thread _; _ }) -> RIGHT
    | 1, Ok _ -> TYPE
    | _ -> RANGE
  in
  set_status t error s

let system_call t port_input s =
  let operation = register s t a0 in
  let poll = has operation 0x100L in
  match number operation with
  | 0 -> call t port_input s
  | 0x001 | 0x101 -> State (reply_receive t ~poll s)
  | 0x002 | 0x102 -> State (send t ~poll s)
  | 0x003 | 0x103 -> State (receive t ~poll s)
  | 4 -> State (s |> set_status t OK |> Processor.yield)
  | 5 when s.settings.debug -> State (debug t s)
  | _ -> State (s |> again t |> Lifecycle.raise_fault t (fault_syscall, operation, register s t a1))

(* ---- Entries *)

let enter event s =
  let s = { s with now = event.at } in
  match (event.entry, s.current) with
  | System_call, Some t -> system_call t event.port_input s
  | Page_fault (address, access), Some t -> State (Lifecycle.raise_fault t (fault_page, address, access) s)
  | Exception (kind, code), Some t -> State (Lifecycle.raise_fault t (fault_exception, kind, code) s)
  | (System_call | Page_fault _ | Exception _), None -> State s
  | Interrupt line, _ -> State (Device.interrupt line s)
  | Timer, _ -> State (Processor.timer event.first s)

(* To the end of an operation; or to where its caller has stopped itself. *)
let rec complete t step s =
  match step s with
  | Destruction.Done -> Invocation.put_results t OK [] s
  | Last s -> Invocation.put_results t OK [] s
  | More s -> if is_runnable s t then complete t step s else interrupted t s

let step s event =
  match enter event s with
  | State s -> Processor.leave s
  | Course (t, s, step, _) -> Processor.leave (complete t step s)

let outcomes s event =
  let rec stops t step rest s () =
    match step s with
    | Destruction.Done -> Seq.return (Processor.leave (Invocation.put_results t OK [] s)) ()
    | Last s -> Seq.return (Processor.leave (Invocation.put_results t OK [] s)) ()
    | More s ->
        let more () = if is_runnable s t then stops t step rest s () else Seq.Nil in
        Seq.Cons (Processor.leave (interrupted t (rest s)), more)
  in
  match enter event s with
  | Course (t, s, step, rest) ->
      Seq.append (stops t step rest s) (Seq.return (Processor.leave (interrupted t s)))
  | State s -> Seq.cons (Processor.leave s) (fun () -> Option.to_seq (Processor.leave_running s) ())
