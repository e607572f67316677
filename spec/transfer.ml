(* SPDX-License-Identifier: BSD-2-Clause *)
(* What a message carries from one thread to another: words, and capabilities, which are copied, minted or moved from
   slot to slot. *)

open Abi
open State
open Derivation

(* ---- Capabilities *)

(* An Untyped is one range of memory, a PageTable in one place, a Reply answers once. *)
let can_be_copied = function Untyped _ | Page_table _ | Reply _ | Zombie _ -> false | _ -> true
let without_mapping = function Frame f -> Frame { f with mapped = None } | kind -> kind

(* What was about to end, and was not finished, lives if its capability is passed on. *)
let revive kind s =
  match kind with
  | Endpoint { endpoint; _ } -> set_endpoint endpoint (fun e -> { e with dying = false }) s
  | Notification { notification; _ } -> set_notification notification (fun n -> { n with ending = false }) s
  | _ -> s

let put_copy source target (c : cap) s = s |> revive c.kind |> add_sibling source target { c with kind = without_mapping c.kind }

let copy source target s =
  match cap s source with
  | Some c when can_be_copied c.kind -> Ok (put_copy source target c s)
  | _ -> Error (TYPE, 2)

let contains ~first ~count wanted n = n >= 1 && wanted >= first && wanted < first + count && n <= first + count - wanted

(* What the child of a capability is; the numbers of wrong arguments are those of OP_CNODE_MINT. *)
let minted kind ~badge ~count =
  match kind with
  | Endpoint e when badge <> zero ->
      if e.badge <> zero then Error (STATE, 4) else Ok (Endpoint { e with badge })
  | Notification n when badge <> zero ->
      if n.badge <> zero then Error (STATE, 4) else Ok (Notification { n with badge })
  | Range r ->
      let within = contains ~first:r.first ~count:r.count (number badge) in
      if within count then Ok (Range { r with first = number badge; count })
      else Error (RANGE, if within 1 then 5 else 4)
  | kind -> Ok kind

let mint source target ~rights ~badge ~count s =
  match cap s source with
  | Some c when can_be_copied c.kind ->
      if not (can_have_child s source) then Error (DEPTH, 0)
      else if number rights > all_rights then Error (RANGE, 3)
      else
        let make kind =
          s |> revive kind
          |> add_child source target { kind = without_mapping kind; rights = c.rights land number rights }
        in
        Result.map make (minted c.kind ~badge ~count:(number count))
  | _ -> Error (TYPE, 2)

let move source target s =
  match cap s source with
  | None -> s
  | Some c ->
      let s = revive c.kind s in
      let s = match c.kind with Reply r -> Reply.moved r s | _ -> s in
      Derivation.move source target c s

(* As a message gives it: a range is given whole. *)
let give source target ~mode ~badge s =
  let rights = Int64.shift_right_logical mode 8 in
  match (Int64.to_int (Int64.logand mode 0xffL), cap s source) with
  | 0, _ -> Result.to_option (copy source target s)
  | 1, Some { kind = Range { first; count; _ }; _ } ->
      Result.to_option (mint source target ~rights ~badge:(word first) ~count:(word count) s)
  | 1, _ -> Result.to_option (mint source target ~rights ~badge ~count:zero s)
  | 2, _ -> Some (move source target s)
  | _ -> None

(* ---- Messages *)

(* What is in a page that has only now become somebody's message page is not known. *)
let page_of s t =
  Option.bind (thread s t).page (fun p -> Option.map (fun page -> (p, page)) (Ids.find_opt p s.pages))

let page_word s t i = match page_of s t with Some (_, page) -> List.nth page.words i | None -> zero

let set_page_word t i w s =
  match page_of s t with
  | None -> s
  | Some (p, page) ->
      let words = List.mapi (fun j old -> if j = i then w else old) page.words in
      { s with pages = Ids.add p { page with words } s.pages }

(* Words from number 4 on, into the thread's page. *)
let set_page_words t words s =
  match page_of s t with
  | None -> s
  | Some (p, page) ->
      let last = List.length words in
      let put i old = if i >= register_words && i < last then List.nth words i else old in
      { s with pages = Ids.add p { page with words = List.mapi put page.words } s.pages }

(* They arrive in order; the first that cannot ends it. *)
let give_all from target count s =
  let rec next i s =
    match (page_of s from, page_of s target) with
    | Some (_, giver), Some (_, taker) when i < count -> (
        let g = List.nth giver.gives i and take = List.nth taker.takes i in
        match (look_up s from g.source, resolve s target take) with
        | Ok (source, _), Ok slot when take <> zero && cap s slot = None -> (
            match give source slot ~mode:g.mode ~badge:g.give_badge s with
            | Some s -> next (i + 1) s
            | None -> (s, i))
        | _ -> (s, i))
    | _ -> (s, i)
  in
  next 0 s

(* The words of a fault, as its handler gets them. *)
let fault_words s t (_, first, second) = [ first; second; register s t ip; register s t sp ]

(* The state, the tag of what arrived, and whether something was left out. *)
let transfer from target tag ~grant s =
  match (thread s from).fault with
  | Some ((kind, _, _) as fault) ->
      (set_message target (fault_words s from fault) s, Abi.tag (word kind) 4 0, false)
  | None ->
      let words = tag_words tag and caps = tag_caps tag in
      let both = (thread s from).page <> None && (thread s target).page <> None in
      let arrived = if words > register_words && not both then register_words else words in
      let s = set_message target (message s from) s in
      let s = if arrived > register_words then set_page_words target (List.init words (page_word s from)) s else s in
      let s, given = if grant then give_all from target caps s else (s, 0) in
      (s, Abi.tag (tag_label tag) arrived given, arrived <> words || given <> caps)
