(* SPDX-License-Identifier: BSD-2-Clause *)
(* Budgets: the sporadic server, as amounts of time with the time from when on each may be used.

   What is used comes back one period after it could first be used. The amounts always add up to the budget. If there
   are as many refills as there is room for, amounts are joined at the later time: never earlier than allowed. A context
   whose budget equals its period is a plain time slice: what is left of it, and what was used. *)

open Abi
open State

let is_slice c = c.budget = c.period
let head c = List.hd c.refills
let is_ready c now = (head c).time <= now

let reset budget period now c =
  let full = { time = now; amount = budget } in
  { c with budget; period; refills = (if budget = period then [ full; { time = now; amount = 0 } ] else [ full ]) }

(* Put an amount behind the others, joined with the last if they touch or there is no room. *)
let append c refill refills =
  let count = List.length refills in
  match List.rev refills with
  | last :: before when last.time + last.amount >= refill.time ->
      List.rev ({ last with amount = last.amount + refill.amount } :: before)
  | last :: before when count = c.refills_max ->
      List.rev ({ time = refill.time; amount = last.amount + refill.amount } :: before)
  | _ -> refills @ [ refill ]

(* The first refill is used up, or given up. *)
let rotate c =
  match c.refills with
  | [] -> c
  | used :: rest ->
      let back = { used with time = used.time + c.period } in
      { c with refills = (if rest = [] then [ back ] else append c back rest) }

(* What is too little to be worth a switch is joined with what comes later; true if there was any. *)
let rec join_small c =
  match c.refills with
  | small :: next :: rest when small.amount < refill_minimum ->
      (fst (join_small { c with refills = { next with amount = next.amount + small.amount } :: rest }), true)
  | _ -> (c, false)

let overrun_maximum = 8

(* A late tick let whole budgets be used: all is put off by as many periods, up to a bound. *)
let charge_whole used c =
  let whole = used / c.budget in
  let charged = min whole overrun_maximum in
  let late r = { r with time = r.time + (charged * c.period) } in
  ({ c with refills = List.map late c.refills }, if whole >= overrun_maximum then 0 else used mod c.budget)

let charge_slice used c =
  match c.refills with
  | left :: gone :: _ when used < left.amount ->
      ({ c with refills = [ { left with amount = left.amount - used }; { gone with amount = gone.amount + used } ] },
        false)
  | left :: gone :: _ -> ({ c with refills = [ { left with amount = c.budget }; { gone with amount = 0 } ] }, true)
  | _ -> (c, false)

(* Take [used] off; true if the first refill is used up, so that the thread has to give way. *)
let charge used c =
  let rec take used c exhausted =
    let first = head c in
    if used > 0 && used >= first.amount then take (used - first.amount) (rotate c) true
    else
      let c =
        if used = 0 then c
        else
          let rest = { time = first.time + used; amount = first.amount - used } :: List.tl c.refills in
          let back = { time = first.time + c.period; amount = used } in
          { c with refills = append c back rest }
      in
      let c, joined = join_small c in
      (c, exhausted || joined)
  in
  if is_slice c then charge_slice used c
  else if used >= c.budget then
    let c, rest = charge_whole used c in
    take rest c true
  else take used c false

(* It begins to be used after a pause: what could have been used before does not add up. *)
let unblock now c =
  let rec join = function
    | a :: b :: rest when b.time <= a.time + a.amount -> join ({ a with amount = a.amount + b.amount } :: rest)
    | refills -> refills
  in
  if is_slice c || (head c).time >= now then c
  else { c with refills = join ({ (head c) with time = now } :: List.tl c.refills) }

(* It gets the processor: of what it missed because others ran, it may use one period's. *)
let start_running now c = if now > c.period && (head c).time < now - c.period then unblock now c else c

(* Give up what is left until its replenishment. *)
let give_up c = if is_slice c then fst (charge_slice c.budget c) else fst (join_small (rotate c))
