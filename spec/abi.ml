(* SPDX-License-Identifier: BSD-2-Clause *)
(* The numbers that user code sees, as docs/manual.md has them; and words.

   A word is what a register holds: 64 bits. Where the kernel takes one as a number (an index, a count, a size, a
   time), [number] gives it; words too great to be any such number all count as the greatest. *)

type word = int64

let zero : word = 0L
let word = Int64.of_int
let number (w : word) = if w < 0L || w > Int64.of_int max_int then max_int else Int64.to_int w
let has w bits = Int64.logand w bits <> 0L
let never = max_int (* a time that does not come; the word for it is ~0 *)

type error =
  | OK | CAPABILITY | DEPTH | TYPE | RIGHT | WOULD_BLOCK | TRUNCATED | CANCELLED | PEER_GONE | BUSY | RANGE | ALIGNMENT
  | MEMORY | SLOT | TABLE | MAPPED | CHILDREN | OPERATION | ARGUMENTS | STATE | PRIORITY | UNSUPPORTED

let errors =
  [ OK; CAPABILITY; DEPTH; TYPE; RIGHT; WOULD_BLOCK; TRUNCATED; CANCELLED; PEER_GONE; BUSY; RANGE; ALIGNMENT;
    MEMORY; SLOT; TABLE; MAPPED; CHILDREN; OPERATION; ARGUMENTS; STATE; PRIORITY; UNSUPPORTED ]

let error_number e =
  let rec place i = function [] -> i | x :: rest -> if x = e then i else place (i + 1) rest in
  place 0 errors

(* The status of a system call: an error, flags, and the number of the wrong argument. *)
let status ?(flags = 0) ?(argument = 0) e = word (error_number e lor flags lor (argument lsl 16))
let signal = 0x100
let from_kernel = 0x200
let owed = 0x400

(* Tags: how many words and capabilities, and the label. *)
let tag_words t = Int64.to_int (Int64.logand t 0x7fL)
let tag_caps t = Int64.to_int (Int64.logand (Int64.shift_right_logical t 7) 7L)
let tag_label t = Int64.shift_right_logical t 16
let tag label words caps = Int64.logor (Int64.shift_left label 16) (word (words lor (caps lsl 7)))
let tag_is_valid t = tag_words t <= 64 && tag_caps t <= 4
let register_words = 4
let page_words = 64
let page_bits = 12

(* Registers of the host port, by number. A system call's arguments are in a0 to a3, its results in a0 to a2. *)
let ip, sp, flags_register, a0, a1, a2, a3, w0 = 0, 1, 2, 4, 5, 6, 7, 8
let register_count = 12
let syscall_length = 4L
let user_address_end = 0x00007ffffffff000L

(* Rights: a set. *)
type rights = int
let read, write, grant, execute, all_rights = 1, 2, 4, 8, 15
let includes (rights : rights) (wanted : rights) = rights land wanted = wanted

(* Types of objects. *)
let t_untyped, t_cnode, t_thread, t_endpoint, t_notification, t_reply, t_sched_context, t_frame = 1, 2, 3, 4, 5, 6, 7, 8
let t_space, t_page_table, t_irq_handler, t_irq_range, t_port_range, t_asid_range, t_core_range = 9, 10, 11, 12, 13, 14, 15

(* Faults, and why threads stop. *)
let fault_page, fault_exception, fault_syscall, fault_capability, fault_timeout = 1, 2, 3, 4, 5
let exhausted, withdrawn = 1L, 2L
let stop_none, stop_suspend, stop_fault, stop_space, stop_destroyed = 0, 1, 2, 3, 4
let fault_on_cap = 2 (* a thread's attribute *)

(* Settings of the kernel (kernel/include/time.h): the least that a refill holds, budgets and periods, in nanoseconds. *)
let refill_minimum = 50_000
let budget_minimum = 100_000
let period_maximum = 3_600_000_000_000
let deferred_per_entry = 4
let replenishments_per_tick = 8
let depth_maximum = 255
