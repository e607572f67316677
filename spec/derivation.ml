(* SPDX-License-Identifier: BSD-2-Clause *)
(* The derivation tree: which capability was derived from which; and capability addresses.

   Mint and retype make children, copy makes siblings, move changes the slot and not the place in the tree. *)

open Abi
open State

(* ---- The tree alone *)

let rec children slot = function
  | [] -> None
  | Tree (x, below) :: rest -> (
      if x = slot then Some below else match children slot below with None -> children slot rest | found -> found)

let rec depth slot = function
  | [] -> None
  | Tree (x, below) :: rest -> (
      if x = slot then Some 0
      else match depth slot below with Some d -> Some (d + 1) | None -> depth slot rest)

(* The tree with the node of [slot] replaced by [f] of it. *)
let rec change slot f =
  List.concat_map (fun (Tree (x, below)) ->
      if x = slot then f (Tree (x, below)) else [ Tree (x, change slot f below) ])

let has_children s slot = match children slot s.tree with None | Some [] -> false | Some _ -> true
let can_have_child s slot = match depth slot s.tree with None -> false | Some d -> d < depth_maximum

(* The first descendant, in the order in which they are taken away, that has none itself. *)
let rec leaf s slot = match children slot s.tree with None | Some [] -> slot | Some (Tree (x, _) :: _) -> leaf s x

(* ---- Tree and slots together *)

let add_child parent slot cap s =
  { s with tree = change parent (fun (Tree (x, below)) -> [ Tree (x, Tree (slot, []) :: below) ]) s.tree;
           caps = Slots.add slot cap s.caps }

let add_sibling source slot cap s =
  { s with tree = change source (fun node -> [ Tree (slot, []); node ]) s.tree; caps = Slots.add slot cap s.caps }

(* [slot] has no children. *)
let remove slot s = { s with tree = change slot (fun _ -> []) s.tree; caps = Slots.remove slot s.caps }

let move source target cap s =
  { s with tree = change source (fun (Tree (_, below)) -> [ Tree (target, below) ]) s.tree;
           caps = s.caps |> Slots.remove source |> Slots.add target cap }

(* The childless [slot] leaves its parent and stands beside [other]. *)
let lift slot other s =
  { s with tree = s.tree |> change slot (fun _ -> []) |> change other (fun node -> [ Tree (slot, []); node ]) }

let set_cap slot cap s = { s with caps = Slots.add slot cap s.caps }

(* ---- Which object a capability is to; none for those that are no object *)

let object_of = function
  | Cnode { cnode; _ } -> Some cnode
  | Thread id | Reply id | Space id | Irq_handler id -> Some id
  | Endpoint { endpoint; _ } -> Some endpoint
  | Notification { notification; _ } -> Some notification
  | Sched_context { context; _ } -> Some context
  | Frame _ | Page_table _ | Untyped _ | Range _ | Zombie _ -> None

(* No slot outside of [slots] holds a capability to the object of [slot]. *)
let are_last s slots slot =
  match Option.bind (cap s slot) (fun c -> object_of c.kind) with
  | None -> false
  | found -> not (Slots.exists (fun other c -> object_of c.kind = found && not (List.mem other slots)) s.caps)

let is_last s slot = are_last s [ slot ] slot

(* ---- Addresses: the lowest bits are an index; if others are left, a CNode must be there, with the right WRITE *)

let levels_maximum = 8

let resolve s t address =
  let rec at level cnode bits address =
    if level = levels_maximum then Error DEPTH
    else
      let index = Int64.to_int (Int64.logand address (word ((1 lsl bits) - 1))) in
      let found = { holder = cnode; index } and rest = Int64.shift_right_logical address bits in
      if rest = zero then Ok found
      else
        match cap s found with
        | Some { kind = Cnode { cnode; bits }; rights } ->
            if includes rights write then at (level + 1) cnode bits rest else Error RIGHT
        | _ -> Error CAPABILITY
  in
  match cap s (cnode_of t) with
  | Some { kind = Cnode { cnode; bits }; _ } -> at 0 cnode bits address
  | _ -> Error CAPABILITY

(* A slot that holds a capability, and that. *)
let look_up s t address =
  match resolve s t address with
  | Error e -> Error e
  | Ok slot -> ( match cap s slot with Some c -> Ok (slot, c) | None -> Error CAPABILITY)
