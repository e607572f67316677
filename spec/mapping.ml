(* SPDX-License-Identifier: BSD-2-Clause *)
(* Address spaces: which pages and tables are in them.

   An entry of level n covers 2^(12 + 9n) bytes: a Page (level 0 to 2) or a Table of the entries of the next lower
   level. A page can be put where all tables above are there. The capability of a frame or table records where it is;
   the record counts as long as that space lives and has just this frame or table there. *)

open Abi
open State

let root_level = 3
let level_bits level = page_bits + (9 * level)
let align level address = address land lnot ((1 lsl level_bits level) - 1)
let level_of bits = (bits - page_bits) / 9
let entry_at s a level address = Entries.find_opt (level, align level address) (space s a).entries

(* On the way from the root to an entry: all tables are there, one is missing (of entries at that level), or a large
   page is in the way. *)
type way = Open | Missing of int | Blocked

let way s a level address =
  let rec down at =
    if at <= level then Open
    else
      match entry_at s a at address with
      | Some (Table _) -> down (at - 1)
      | Some (Page _) -> Blocked
      | None -> Missing (at - 1)
  in
  down root_level

(* Where a capability's record says that it is: space, level of the entry, address. *)
let record = function
  | Frame { bits; mapped = Some (a, address); _ } -> Some (a, level_of bits, address)
  | Page_table { placed = Some (a, address, level); _ } -> Some (a, level + 1, address)
  | _ -> None

(* The same, if it is true. *)
let place s kind =
  match record kind with
  | None -> None
  | Some (a, level, address) -> (
      match (entry_at s a level address, kind) with
      | Some (Page p), Frame f when p.frame = f.frame -> Some (a, level, address)
      | Some (Table t), Page_table p when t = p.table -> Some (a, level, address)
      | _ -> None)

(* Taking out a table takes out all that is mapped through it. *)
let undo kind s =
  match place s kind with
  | None -> s
  | Some (a, level, address) ->
      let within (l, x) = l <= level && align level x = align level address in
      set_space a (fun x -> { x with entries = Entries.filter (fun key _ -> not (within key)) x.entries }) s

(* The space is gone, or has lost its number: no record counts any more. *)
let forget_space a s =
  let clear c =
    match c.kind with
    | Frame ({ mapped = Some (b, _); _ } as f) when a = b -> { c with kind = Frame { f with mapped = None } }
    | Page_table ({ placed = Some (b, _, _); _ } as p) when a = b -> { c with kind = Page_table { p with placed = None } }
    | _ -> c
  in
  { (set_space a (fun _ -> { number = None; entries = Entries.empty }) s) with caps = Slots.map clear s.caps }

let check_address s a address bits =
  let last = Int64.add address (Int64.sub (Int64.shift_left 1L bits) 1L) in
  if (space s a).number = None then Error (STATE, 0)
  else if has address (Int64.sub (Int64.shift_left 1L bits) 1L) then Error (ALIGNMENT, 2)
  else if address < zero || last < zero || last >= user_address_end then Error (RANGE, 2)
  else Ok (number address)

(* The new state, or the error and the level that is missing. *)
let map a slot ~address ~rights ~cache s =
  let fail ?(level = []) error argument = Error (error, argument, level) in
  match cap s slot with
  | Some ({ kind = Frame f; rights = most } as c) -> (
      let level = level_of f.bits and kept = number rights land most in
      match check_address s a address f.bits with
      | Error (e, argument) -> fail e argument
      | Ok _ when number rights > all_rights || kept land (read lor write lor execute) = 0 -> fail RANGE 3
      | Ok _ when number cache > 2 -> fail RANGE 4
      | Ok address -> (
          let here = place s c.kind in
          match (way s a level address, entry_at s a level address) with
          | _ when here <> None && here <> Some (a, level, address) -> fail MAPPED 1
          | Missing level, _ -> fail ~level:[ word level ] TABLE 2
          | Blocked, _ -> fail MAPPED 2
          | Open, Some _ when here = None -> fail MAPPED 2
          | Open, _ ->
              let page = Page { frame = f.frame; rights = kept; cache = number cache } in
              Ok
                (s
                |> set_space a (fun x -> { x with entries = Entries.add (level, address) page x.entries })
                |> Derivation.set_cap slot { c with kind = Frame { f with mapped = Some (a, address) } })))
  | _ -> fail TYPE 1

(* The new state and the level that the table was put at. *)
let map_table a slot ~address s =
  match cap s slot with
  | Some ({ kind = Page_table p; _ } as c) -> (
      match check_address s a (Int64.logand address (-4096L)) page_bits with
      | Error e -> Error e
      | Ok _ when place s c.kind <> None -> Error (MAPPED, 1)
      | Ok address -> (
          match way s a 0 address with
          | Open | Blocked -> Error (MAPPED, 2)
          | Missing level ->
              let address = align (level + 1) address in
              Ok
                ( s
                  |> set_space a (fun x ->
                         { x with entries = Entries.add (level + 1, address) (Table p.table) x.entries })
                  |> Derivation.set_cap slot { c with kind = Page_table { p with placed = Some (a, address, level) } },
                  level )))
  | _ -> Error (TYPE, 1)

(* What an access meets: the physical address, or a fault; [present] if only the rights are missing. *)
type access = Allowed of int | Fault of { present : bool }

let translate s a address (wanted : rights) =
  let rec at level =
    if level < 0 then Fault { present = false }
    else
      match entry_at s a level address with
      | Some (Page p) when includes p.rights wanted -> Allowed (p.frame + (address - align level address))
      | Some (Page _) -> Fault { present = true }
      | Some (Table _) | None -> at (level - 1)
  in
  at root_level
