(* SPDX-License-Identifier: BSD-2-Clause *)
(* The state of the kernel: what there is, and nothing about how it is kept.

   Objects are named by where their memory is ([id]): two objects never have the same name at one time. A slot is the
   n-th of an object that has slots: a CNode, or a Thread, AddressSpace or IrqHandler, which refer to others by
   capabilities inside themselves. Every capability is in a slot; [tree] says what was derived from what. Everything
   that a thread refers to is in its slots; [context], [reply], [notification] and [owned] are relations of two objects.

   A state is well formed if what it names is there. All functions here and in the other files are total on well formed
   states and give well formed states; that is what there is to be proved about them. *)

open Abi

type id = int

module Ids = Map.Make (Int)

type slot = { holder : id; index : int }

module Slots = Map.Make (struct
  type t = slot

  let compare a b = match Int.compare a.holder b.holder with 0 -> Int.compare a.index b.index | order -> order
end)

(* Where a thread keeps its capabilities, a space its number, an interrupt handler its line and notification. *)
let cnode_of t = { holder = t; index = 1 }
let space_of t = { holder = t; index = 2 }
let message_of t = { holder = t; index = 3 }
let fault_handler_of t = { holder = t; index = 4 }
let timeout_handler_of t = { holder = t; index = 5 }
let death_of t = { holder = t; index = 6 }
let number_of space = { holder = space; index = 1 }
let line_of irq = { holder = irq; index = 1 }
let notification_of irq = { holder = irq; index = 2 }
let user_timer = { holder = -1; index = 0 }

type range = Irq_lines | Io_ports | Asids | Cores

(* A container that has lost its last capability and still has slots to be emptied stands in the derivation tree as a
   [Zombie] in its own slot 0. *)
type container = A_cnode | A_thread | A_space | An_irq_handler

type kind =
  | Untyped of { base : id; bits : int; device : bool; watermark : int }
  | Cnode of { cnode : id; bits : int }
  | Thread of id
  | Endpoint of { endpoint : id; badge : word }
  | Notification of { notification : id; badge : word }
  | Reply of id
  | Sched_context of { context : id; bits : int }
  | Frame of { frame : id; bits : int; device : bool; mapped : (id * int) option } (* space and address *)
  | Page_table of { table : id; placed : (id * int * int) option } (* space, address, level of its entries *)
  | Space of id
  | Irq_handler of id
  | Range of { range : range; first : int; count : int }
  | Zombie of container

type cap = { kind : kind; rights : rights }

type tree = Tree of slot * tree list (* the last derived child first *)

type wait =
  | Stopped
  | Runnable
  | Sending of { at : id; badge : word; call : bool; grant : bool; tag : word }
  | Receiving of id
  | Waiting of id
  | Calling of id (* a Reply *)

(* What is missing to a thread that is to run and has no context. *)
type lack = Nothing | Message | Withdrawn

type thread = {
  registers : word list;
  again : bool; (* its next instruction is the system call that it is to do again *)
  repeats : bool; (* its next operation is the repetition of one that was interrupted *)
  wait : wait;
  priority : int;
  max_priority : int;
  attributes : int;
  context : id option; (* that it has now *)
  owned : id option; (* that was bound to it *)
  lacks : lack;
  reply : id option; (* the latest that it armed or received a call with *)
  bound : id option; (* notification *)
  truncated : bool; (* of its call, something was left out *)
  fault : (int * word * word) option;
  stop_reason : int;
  exit_code : word;
  page : id option; (* its message page *)
  zombies : id list; (* containers that it is taking apart, newest first *)
}

type cancelling = { badge : word; canceller : id; left : id list (* senders to be looked at, newest first *) }
type endpoint = { waiters : id list (* in order of arrival *); dying : bool; cancelling : cancelling option }
type notification = { bits : word; sleepers : id list (* in order of arrival *); bound_to : id option; ending : bool }

type reply =
  | Free
  | Armed of id (* by the receiver *)
  | Owed of { server : id option (* who received, if it still stands for the answer *); caller : id; grant : bool }

type refill = { time : int; amount : int }

type sched_context = {
  owner : id option;
  user : id option; (* the thread that has it *)
  chain : id list; (* Replies of the calls that donated it, the latest first *)
  lent : bool;
  budget : int; (* 0: not set *)
  period : int;
  consumed : int;
  context_badge : word;
  refills : refill list; (* in order of time *)
  refills_max : int;
  wakes : int option; (* its thread waits for this time *)
}

type entry = Page of { frame : id; rights : rights; cache : int } | Table of id

module Entries = Map.Make (struct type t = int * int let compare = compare end) (* level and address *)

type space = { number : int option; entries : entry Entries.t }

(* Words of a message page; capabilities given; where they are to be taken to. *)
type give = { source : word; mode : word; give_badge : word }
type page = { words : word list; gives : give list; takes : word list }

(* What a port and a build choose. *)
type settings = {
  object_bits : int Ids.t; (* log2 of the bytes of an object, by type, where that is not chosen *)
  context_header : int; (* bytes of a SchedContext that are no refills; a refill is 16 bytes *)
  lines : int; (* interrupt lines; from [first_msi] on they are message-signalled *)
  first_msi : int;
  start : int; (* the time that user code counts from *)
  debug : bool;
}

type state = {
  settings : settings;
  now : int;
  caps : cap Slots.t;
  tree : tree list;
  threads : thread Ids.t;
  endpoints : endpoint Ids.t;
  notifications : notification Ids.t;
  replies : reply Ids.t;
  contexts : sched_context Ids.t;
  spaces : space Ids.t;
  irq_handlers : int option Ids.t; (* the line *)
  pages : page Ids.t;
  open_lines : int list; (* interrupt lines that are not masked, in order *)
  line_modes : int Ids.t;
  current : id option;
  running : id option; (* the context that time is charged to *)
  charged_at : int; (* until when it was *)
  ready : id list; (* by priority, and in the order in which they run within one *)
  deferred : id list; (* threads that are to fault or stop *)
  user_deadline : int;
  reschedule : bool; (* within an entry: somebody else may have to run *)
  ended : bool; (* within an entry: the current thread has used up its refill *)
}

(* ---- Reading *)

let cap s slot = Slots.find_opt slot s.caps
let thread s t = Ids.find t s.threads
let endpoint s e = Ids.find e s.endpoints
let notification s n = Ids.find n s.notifications
let reply s r = Ids.find r s.replies
let context s c = Ids.find c s.contexts
let space s a = Ids.find a s.spaces
let is_current s t = s.current = Some t
let is_ready s t = List.mem t s.ready
let is_runnable s t = (thread s t).wait = Runnable
let is_blocked s t = match (thread s t).wait with Stopped | Runnable -> false | _ -> true
let register s t r = List.nth (thread s t).registers r

(* ---- Changing *)

let update id change map = Ids.update id (Option.map change) map
let set_thread t change s = { s with threads = update t change s.threads }
let set_endpoint e change s = { s with endpoints = update e change s.endpoints }
let set_notification n change s = { s with notifications = update n change s.notifications }
let set_reply r value s = { s with replies = Ids.add r value s.replies }
let set_context c change s = { s with contexts = update c change s.contexts }
let set_space a change s = { s with spaces = update a change s.spaces }
let set_wait t wait = set_thread t (fun th -> { th with wait })
let set_lacks t lacks = set_thread t (fun th -> { th with lacks })
let replace place value list = List.mapi (fun i old -> if i = place then value else old) list
let set_register r value t = set_thread t (fun th -> { th with registers = replace r value th.registers })
let without x = List.filter (fun y -> y <> x)

(* What a system call gives back: status, badge and tag; and no message words. *)
let set_head t status badge tag s = s |> set_register a0 status t |> set_register a1 badge t |> set_register a2 tag t

let set_message t words s =
  fst (List.fold_left (fun (s, i) w -> (set_register (w0 + i) w t s, i + 1)) (s, 0) words)

let set_result t status badge tag s = s |> set_head t status badge tag |> set_message t [ zero; zero; zero; zero ]
let set_status t e s = set_result t (status e) zero zero s
let message s t = List.init register_words (fun i -> register s t (w0 + i))

(* Who waits is served by priority, first come first served within one. *)
let best s waiters =
  let better a b = if (thread s b).priority > (thread s a).priority then b else a in
  match waiters with [] -> None | first :: rest -> Some (List.fold_left better first rest)
