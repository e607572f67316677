(* SPDX-License-Identifier: BSD-2-Clause *)
(* What all operations on objects have in common: arguments, results, and which right and how many words each needs. *)

open Abi
open State

type request = {
  caller : id;
  slot : slot; (* of the capability that is called *)
  cap : cap;
  repeats : bool; (* it was interrupted in this, and goes on *)
  words : word list; (* arguments that were sent *)
  port_input : word; (* what a device has at an I/O port that is read *)
}

type outcome =
  | Results of state * word list
  | Missing_table of word (* an error with a result: the level *)
  | Silent of state (* the caller has stopped: no result *)
  | Steps of state * (state -> Destruction.progress) (* can be interrupted between any two *)
  | Parts of state * (state -> Destruction.progress) * (state -> state)
      (* the same; and then its caller's message becomes one for what is left *)

(* An operation gives an outcome, or an error with the number of the argument that is wrong (0: none); then nothing has
   changed. *)
let ( let* ) = Result.bind
let finished s = Ok (Results (s, []))
let require condition error argument = if condition then Ok () else Error (error, argument)
let arg q n = match List.nth_opt q.words (n - 1) with Some w -> w | None -> zero
let arg_number q n = number (arg q n)

(* Argument [n] is the address of a capability of a type, with rights. *)
let typed s q n is_type rights =
  match Derivation.look_up s q.caller (arg q n) with
  | Error e -> Error (e, n)
  | Ok (slot, c) -> (
      match is_type c.kind with
      | None -> Error (TYPE, n)
      | Some object_ -> if includes c.rights rights then Ok (slot, object_) else Error (RIGHT, n))

let optional s q n is_type rights =
  if arg q n = zero then Ok None else Result.map Option.some (typed s q n is_type rights)

let a_cnode = function Cnode c -> Some (c.cnode, c.bits) | _ -> None
let a_thread = function Thread t -> Some t | _ -> None
let an_endpoint = function Endpoint e -> Some e.endpoint | _ -> None
let a_notification = function Notification n -> Some n.notification | _ -> None
let a_context = function Sched_context c -> Some c.context | _ -> None
let a_frame = function Frame f -> Some (f.frame, f.bits, f.device) | _ -> None
let a_space = function Space a -> Some a | _ -> None
let a_table = function Page_table p -> Some p.table | _ -> None
let a_range range = function Range r when r.range = range -> Some (r.first, r.count) | _ -> None

let type_of = function
  | Untyped _ -> t_untyped
  | Cnode _ -> t_cnode
  | Thread _ -> t_thread
  | Endpoint _ -> t_endpoint
  | Notification _ -> t_notification
  | Reply _ -> t_reply
  | Sched_context _ -> t_sched_context
  | Frame _ -> t_frame
  | Space _ -> t_space
  | Page_table _ -> t_page_table
  | Irq_handler _ -> t_irq_handler
  | Range { range = Irq_lines; _ } -> t_irq_range
  | Range { range = Io_ports; _ } -> t_port_range
  | Range { range = Asids; _ } -> t_asid_range
  | Range { range = Cores; _ } -> t_core_range
  | Zombie _ -> 0

(* Operations by type and number: arguments, and the right that is needed. *)
let rule kind operation =
  match (type_of kind, operation) with
  | t, 1 when t = t_untyped -> Some (7, write)
  | t, 2 when t = t_untyped -> Some (1, write)
  | t, 3 when t = t_untyped -> Some (0, write)
  | t, (1 | 3 | 7) when t = t_cnode -> Some (2, write)
  | t, 2 when t = t_cnode -> Some (5, write)
  | t, (4 | 5 | 6) when t = t_cnode -> Some (1, write)
  | t, 1 when t = t_thread -> Some (8, write)
  | t, (2 | 5 | 6 | 10) when t = t_thread -> Some (0, write)
  | t, (3 | 4 | 8) when t = t_thread -> Some (1, write)
  | t, (7 | 9) when t = t_thread -> Some (2, write)
  | t, (1 | 4) when t = t_sched_context -> Some (1, write)
  | t, (2 | 3) when t = t_sched_context -> Some (0, write)
  | t, (1 | 4) when t = t_frame -> Some (0, 0)
  | t, (2 | 3) when t = t_frame -> Some (2, write)
  | t, 1 when t = t_space -> Some (4, write)
  | t, 2 when t = t_space -> Some (2, write)
  | t, 3 when t = t_space -> Some (0, write)
  | t, 1 when t = t_page_table -> Some (0, write)
  | t, (1 | 3) when t = t_irq_handler -> Some (1, write)
  | t, (2 | 4) when t = t_irq_handler -> Some (0, write)
  | t, 1 when t = t_port_range -> Some (2, read)
  | t, 2 when t = t_port_range -> Some (3, write)
  | t, 1 when t = t_core_range -> Some (5, write)
  | t, (2 | 3) when t = t_core_range -> Some (2, write)
  | t, 4 when t = t_core_range -> Some (1, write lor grant)
  | _ -> None

(* Words that are announced and cannot be there do not count. *)
let words_maximum = 24

(* The caller's message says something else from now on. *)
let set_argument q n value s =
  if n <= register_words then set_register (w0 + n - 1) (word value) q.caller s
  else Transfer.set_page_word q.caller (n - 1) (word value) s

let arguments s t tag =
  let limit = if (thread s t).page = None then register_words else words_maximum in
  List.init (min (tag_words tag) limit) (fun i ->
      if i < register_words then register s t (w0 + i) else Transfer.page_word s t i)

let put_results t ?(argument = 0) error results s =
  let fits = List.length results <= register_words || (thread s t).page <> None in
  let results = if fits then results else List.filteri (fun i _ -> i < register_words) results in
  let error = if fits || error <> OK then error else TRUNCATED in
  s
  |> set_result t (status ~argument error) zero (tag zero (List.length results) 0)
  |> set_message t (List.filteri (fun i _ -> i < register_words) results)
  |> Transfer.set_page_words t results
