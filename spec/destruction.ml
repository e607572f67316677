(* SPDX-License-Identifier: BSD-2-Clause *)
(* Taking capabilities away, and the end of objects: in steps, so that whoever asked for it can be interrupted between
   any two of them.

   Descendants go first, leaf by leaf. The last capability to an object takes the object with it. A container has slots
   to be emptied: it becomes a zombie of the thread that asked, which empties one slot after the other, from the last to
   the first; the newest zombie comes first, so that what is nested needs no recursion. A zombie that is in the way is
   finished first, or lifted out of what dies anyway. *)

open Abi
open State
open Derivation

(* After a step: nothing was left to do; go on; or that was the last. *)
type progress = Done | More of state | Last of state

let state_of before = function Done -> before | More s | Last s -> s

(* The thread takes the space's place away from itself, and so on. [exchanged]: another takes its place. *)
let slot_cleared slot s =
  let holder = slot.holder in
  if Ids.mem holder s.threads && slot = message_of holder then set_thread holder (fun th -> { th with page = None }) s
  else if Ids.mem holder s.threads && slot = space_of holder then Lifecycle.stop holder stop_space zero s
  else if Ids.mem holder s.spaces && slot = number_of holder then Mapping.forget_space holder s
  else s

let mask line s = { s with open_lines = without line s.open_lines }

let lose_line irq s =
  match Ids.find irq s.irq_handlers with
  | None -> s
  | Some line -> mask line { s with irq_handlers = Ids.add irq None s.irq_handlers }

let slot_forgotten slot s =
  if Ids.mem slot.holder s.irq_handlers && slot = line_of slot.holder then lose_line slot.holder s else slot_cleared slot s

let remove_capability slot s = s |> slot_forgotten slot |> remove slot

(* ---- The ends of objects. Some take steps: first those who wait are told. *)

(* One of those who wait is told, if there is one; true if there are none left. *)
let tell waiters s =
  match best s waiters with None -> (s, true) | Some t -> (Lifecycle.wait_failed t PEER_GONE s, false)

let end_endpoint e s = s |> set_endpoint e (fun x -> { x with dying = true }) |> tell (endpoint s e).waiters

let unbind_notification n s =
  match (notification s n).bound_to with
  | None -> s
  | Some t ->
      s |> set_thread t (fun th -> { th with bound = None }) |> set_notification n (fun x -> { x with bound_to = None })

let end_notification n s =
  s |> unbind_notification n |> set_notification n (fun x -> { x with ending = true }) |> tell (notification s n).sleepers

let end_context c s =
  let k = context s c in
  let s = if s.running = Some c then Ready.reschedule { (Processor.charge s) with running = None } else s in
  (Lifecycle.unbind c s, k.owner = None && k.user = None && k.chain = [] && s.running <> Some c)

let end_reply r s = match reply s r with Armed _ -> Reply.disarm r s | Owed _ -> Lifecycle.fail_call r s | Free -> s

let end_thread t s =
  let s = s |> Lifecycle.stop t stop_destroyed zero |> Lifecycle.fail_caller t in
  let s = match (thread s t).reply with Some r -> Reply.moved r s | None -> s in
  let s = match (thread s t).bound with Some n -> unbind_notification n s | None -> s in
  let s = match (thread s t).owned with Some c -> Lifecycle.unbind c s | None -> s in
  match (thread s t).context with Some c -> Ipc.return_to_owner c s | None -> s

(* A container becomes a zombie of the worker, which also inherits the zombies of a thread. Those of a thread that
   destroys itself have no worker: they wait for whoever revokes the memory that they stand in. *)
let become_zombie slot container id worker s =
  let inherited = if container = A_thread && id <> worker then (thread s id).zombies else [] in
  let s = if container = A_thread then set_thread id (fun th -> { th with zombies = [] }) s else s in
  let s = move slot { holder = id; index = 0 } { kind = Zombie container; rights = 0 } s in
  if id = worker then s else set_thread worker (fun th -> { th with zombies = (id :: inherited) @ th.zombies }) s

let end_container slot container id worker s =
  let s =
    match container with
    | A_cnode -> s
    | A_thread -> end_thread id s
    | A_space -> Mapping.forget_space id s
    | An_irq_handler -> lose_line id s
  in
  More (s |> slot_forgotten slot |> become_zombie slot container id worker)

let forget_object kind s =
  match kind with
  | Endpoint { endpoint; _ } -> { s with endpoints = Ids.remove endpoint s.endpoints }
  | Notification { notification; _ } -> { s with notifications = Ids.remove notification s.notifications }
  | Reply r -> { s with replies = Ids.remove r s.replies }
  | Sched_context { context; _ } -> { s with contexts = Ids.remove context s.contexts }
  | _ -> s

(* One step of the end of an object whose last capability is in [slot]. *)
let end_object slot kind worker s =
  let last s = More (s |> remove_capability slot |> forget_object kind) in
  let in_steps (s, is_last) = if is_last then last s else More s in
  match kind with
  | Endpoint { endpoint; _ } -> in_steps (end_endpoint endpoint s)
  | Notification { notification; _ } -> in_steps (end_notification notification s)
  | Sched_context { context; _ } -> in_steps (end_context context s)
  | Reply r -> last (end_reply r s)
  | Thread t -> end_container slot A_thread t worker s
  | Cnode { cnode; _ } -> end_container slot A_cnode cnode worker s
  | Space a -> end_container slot A_space a worker s
  | Irq_handler i -> end_container slot An_irq_handler i worker s
  | Untyped _ | Range _ | Frame _ | Page_table _ | Zombie _ -> last s

(* One step for a capability without children. *)
let delete_leaf slot worker s =
  match cap s slot with
  | None -> Done
  | Some c ->
      if is_last s slot then end_object slot c.kind worker s
      else More (s |> Mapping.undo c.kind |> remove_capability slot)

(* ---- Zombies *)

let is_zombie s slot = match cap s slot with Some { kind = Zombie _; _ } -> true | _ -> false
let of_nobody id s = { s with threads = Ids.map (fun th -> { th with zombies = without id th.zombies }) s.threads }
let take_over id worker s =
  s |> of_nobody id |> set_thread worker (fun th -> { th with zombies = id :: th.zombies })

let finish_zombie id s =
  let s = s |> of_nobody id |> remove { holder = id; index = 0 } in
  { s with threads = Ids.remove id s.threads; spaces = Ids.remove id s.spaces;
           irq_handlers = Ids.remove id s.irq_handlers }

(* The last slot of a container that is not empty. *)
let last_slot s id =
  Option.map fst (Slots.find_last_opt (fun x -> compare x { holder = id; index = max_int } <= 0) s.caps)
  |> Option.to_list |> List.find_opt (fun x -> x.holder = id && x.index > 0)

(* What stands between them loses all rights: the zombie's memory is not protected by its place below them any more. *)
let rec strip slot below s =
  if slot = below then s
  else
    let s = { s with caps = Slots.update slot (Option.map (fun c -> { c with rights = 0 })) s.caps } in
    match children slot s.tree with Some (Tree (next, _) :: _) -> strip next below s | _ -> s

let zombie_step id worker s =
  match last_slot s id with
  | None -> More (finish_zombie id s)
  | Some slot ->
      let found = leaf s slot in
      if found <> slot && is_zombie s found then
        let s = s |> strip slot found |> lift found slot in
        More (if found.holder = id then s else take_over found.holder worker s)
      else delete_leaf found worker s

(* ---- What the worker does *)

(* First what it had begun before. *)
let work_step worker s =
  match (thread s worker).zombies with
  | [] -> Done
  | id :: _ -> More (state_of s (zombie_step id worker s))

let revoke_step slot worker s =
  if not (has_children s slot) then Done
  else
    let found = leaf s slot in
    if is_zombie s found then s |> take_over found.holder worker |> zombie_step found.holder worker
    else delete_leaf found worker s

let delete_step slot worker s =
  match cap s slot with
  | None -> Done
  | Some _ -> ( match revoke_step slot worker s with Done -> delete_leaf slot worker s | progress -> progress)

(* Putting something else into this slot of an object would be to destroy what is there. *)
let would_destroy s slot =
  has_children s slot || is_last s slot
