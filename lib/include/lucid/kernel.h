/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything that the kernel can do: the system calls (lucid/calls.h) and, here, every operation on every
 * kernel object as one inline function, with the names of abi/lucid/operations.def and of the manual.
 *
 * The first argument is the capability to the object; it needs the right WRITE unless it is said otherwise.
 * Capability arguments are addresses in the caller's capability space. All return a status;
 * status_argument(status) is the number of the wrong argument as the operation counts them (the object itself
 * is not counted, nor are results). Beside the errors named, each can return ERR_CAPABILITY, ERR_TYPE and
 * ERR_RIGHT for the object itself.
 */
#ifndef LUCID_KERNEL_H
#define LUCID_KERNEL_H

#include <lucid/calls.h>
#include <lucid/objects.h>

/* ---- Untyped ------------------------------------------------------------------------------------------- */

/*
 * Make `count` (1 to 256) objects of `type` out of the memory above the watermark. Their capabilities,
 * children of the Untyped, go into the slots `first` and following of `cnode` (0: the caller's root CNode).
 *
 * size_bits   Untyped, Frame: log2 of the bytes; CNode: log2 of the slots (4 to 20); SchedContext: log2 of
 * the bytes (8 to 12), which sets the number of refills; else 0 range       AddressSpace: an AsidRange,
 * IrqHandler: an IrqRange, `number` the first of `count` numbers in it; else 0, 0
 *
 *   ERR_TYPE 1, ERR_RANGE 2, ERR_TYPE 3, ERR_SLOT 4, ERR_RANGE 5, ERR_TYPE 6, ERR_RANGE 7,
 *   ERR_BUSY 7 (the number has an owner), ERR_MEMORY (too little left), ERR_DEPTH
 */
static inline status_t untyped_retype(cap_t untyped, word_t type, word_t size_bits, cap_t cnode, word_t first,
                                      word_t count, cap_t range, word_t number)
{
    struct message message = { .word = { type, size_bits, cnode, first } };
    message_set(&message, 4, count);
    message_set(&message, 5, range);
    message_set(&message, 6, number);
    return object_invoke(untyped, OP_UNTYPED_RETYPE, 7, &message);
}

/*
 * Clear the memory from the watermark down to `floor` (bytes from the start, a multiple of 4096) and lower
 * the watermark there. Only without children.
 *
 *   ERR_CHILDREN (revoke first), ERR_RANGE 1 (above the watermark), ERR_ALIGNMENT 1
 */
static inline status_t untyped_reset(cap_t untyped, word_t floor)
{
    struct message message = { .word = { floor } };
    return object_invoke(untyped, OP_UNTYPED_RESET, 1, &message);
}

struct untyped_info {
    uint64_t physical;
    unsigned size_bits;
    uint64_t watermark; /* bytes from the start; what is above is free and clear */
    bool device;
};

/* Tell what memory this is. */
static inline status_t untyped_info(cap_t untyped, struct untyped_info *info)
{
    struct message message = { 0 };
    status_t status = object_invoke(untyped, OP_UNTYPED_INFO, 0, &message);
    *info = (struct untyped_info){ message.word[0], (unsigned)message.word[1], message.word[2],
                                   message.word[3] != 0 };
    return status;
}

/* ---- CNode --------------------------------------------------------------------------------------------- */

/*
 * Put a sibling of the capability at `source`, with the same authority, into slot `index`. Untyped, PageTable
 * and Reply cannot be copied.
 *
 *   ERR_SLOT 1 (slot 0, beyond the end, or in use), ERR_CAPABILITY 2, ERR_TYPE 2
 */
static inline status_t cnode_copy(cap_t cnode, word_t index, cap_t source)
{
    struct message message = { .word = { index, source } };
    return object_invoke(cnode, OP_CNODE_COPY, 2, &message);
}

/*
 * Put a child of the capability at `source` into slot `index`, with those of `rights` (RIGHT_*) that the
 * source has. The `badge` of an Endpoint or Notification is set if the source has none; 0 leaves it as it is.
 *
 *   ERR_SLOT 1, ERR_CAPABILITY 2, ERR_TYPE 2, ERR_STATE 4 (the source has a badge already), ERR_DEPTH
 */
static inline status_t cnode_mint(cap_t cnode, word_t index, cap_t source, word_t rights, word_t badge)
{
    struct message message = { .word = { index, source, rights, badge } };
    message_set(&message, 4, 0);
    return object_invoke(cnode, OP_CNODE_MINT, 5, &message);
}

/*
 * The same for range capabilities (IrqRange, IoPortRange, AsidRange, CoreRange): the child has the numbers
 * `first` to `first + count - 1` only.
 *
 *   ERR_SLOT 1, ERR_CAPABILITY 2, ERR_RANGE 4, 5 (not within the source's range: `first`, `count`), ERR_DEPTH
 */
static inline status_t cnode_mint_range(cap_t cnode, word_t index, cap_t source, word_t rights, word_t first,
                                        word_t count)
{
    struct message message = { .word = { index, source, rights, first } };
    message_set(&message, 4, count);
    return object_invoke(cnode, OP_CNODE_MINT, 5, &message);
}

/* Move the capability at `source` into slot `index`; its place in the derivation tree stays. ERR_SLOT 1,
 * ERR_CAPABILITY 2. */
static inline status_t cnode_move(cap_t cnode, word_t index, cap_t source)
{
    struct message message = { .word = { index, source } };
    return object_invoke(cnode, OP_CNODE_MOVE, 2, &message);
}

/*
 * Delete the capability in slot `index`, its children first. The last capability to an object destroys the
 * object. An empty slot is no error. ERR_RANGE 1.
 */
static inline status_t cnode_delete(cap_t cnode, word_t index)
{
    struct message message = { .word = { index } };
    return object_invoke(cnode, OP_CNODE_DELETE, 1, &message);
}

/* Delete all children of the capability in slot `index`, and theirs. ERR_RANGE 1, ERR_CAPABILITY 1 (the slot
 * is empty). */
static inline status_t cnode_revoke(cap_t cnode, word_t index)
{
    struct message message = { .word = { index } };
    return object_invoke(cnode, OP_CNODE_REVOKE, 1, &message);
}

struct capability_info {
    unsigned type;   /* enum object_type, OBJECT_NULL for an empty slot */
    unsigned rights; /* RIGHT_* */
    word_t data; /* badge; range: first, and count shifted left by 32; Frame: address where it is mapped */
    unsigned size_bits; /* of the object */
};

/* Tell what slot `index` holds. ERR_RANGE 1. */
static inline status_t cnode_inspect(cap_t cnode, word_t index, struct capability_info *info)
{
    struct message message = { .word = { index } };
    status_t status = object_invoke(cnode, OP_CNODE_INSPECT, 1, &message);
    *info = (struct capability_info){ (unsigned)message.word[0], (unsigned)message.word[1], message.word[2],
                                      (unsigned)message.word[3] };
    return status;
}

/*
 * End the wait of every sender queued with `badge` at the endpoint in slot `index` (not badged, with READ and
 * WRITE) with ERR_CANCELLED. ERR_RANGE 1, ERR_CAPABILITY 1, ERR_TYPE 1, ERR_RIGHT 1.
 */
static inline status_t cnode_cancel_badge(cap_t cnode, word_t index, word_t badge)
{
    struct message message = { .word = { index, badge } };
    return object_invoke(cnode, OP_CNODE_CANCEL_BADGE, 2, &message);
}

/* ---- Thread -------------------------------------------------------------------------------------------- */

/* What a thread refers to. 0: none. */
struct thread_configuration {
    cap_t cnode;           /* its root CNode */
    cap_t space;           /* AddressSpace */
    cap_t message_frame;   /* writable ordinary Frame with its message page, */
    word_t message_offset; /* and where in it: a multiple of 1024 */
    cap_t fault;           /* Endpoint, with WRITE: its faults are calls to it */
    cap_t timeout;         /* Endpoint, with WRITE: timeout faults */
    cap_t death;           /* Notification, with WRITE: signalled when it stops */
};

/*
 * Set what the thread refers to, for each THREAD_SET_* in `mask`. The thread keeps copies of the
 * capabilities.
 *
 *   ERR_CAPABILITY and ERR_TYPE 2 to 8, ERR_RIGHT 4, 6 to 8, ERR_RANGE 1, 5, ERR_ALIGNMENT 5
 */
static inline status_t thread_configure(cap_t thread, word_t mask,
                                        const struct thread_configuration *configuration)
{
    struct message message = { .word = { mask, configuration->cnode, configuration->space,
                                         configuration->message_frame } };
    message_set(&message, 4, configuration->message_offset);
    message_set(&message, 5, configuration->fault);
    message_set(&message, 6, configuration->timeout);
    message_set(&message, 7, configuration->death);
    return object_invoke(thread, OP_THREAD_CONFIGURE, 8, &message);
}

/* Read all user registers, in the order of `enum user_register`. ERR_STATE: the thread
 * is the caller itself. */
static inline status_t thread_read_registers(cap_t thread, word_t registers[REGISTER_COUNT])
{
    struct message message = { 0 };
    status_t status = object_invoke(thread, OP_THREAD_READ_REGISTERS, 0, &message);
    for (unsigned i = 0; i < REGISTER_COUNT; i++)
        registers[i] = message_word(&message, i);
    return status;
}

/*
 * Write `count` user registers, beginning with number `first` of that order. Only values that user code could
 * have are taken.
 *
 *   ERR_RANGE 1 (first), ERR_RANGE (not a user address), ERR_STATE (the caller itself)
 */
static inline status_t thread_write_registers(cap_t thread, word_t first, const word_t *registers,
                                              unsigned count)
{
    struct message message = { .word = { first } };
    for (unsigned i = 0; i < count && i < REGISTER_COUNT; i++)
        message_set(&message, i + 1, registers[i]);
    return object_invoke(thread, OP_THREAD_WRITE_REGISTERS, count + 1, &message);
}

/*
 * Stop the thread. If it waits, the wait ends, and it sees ERR_CANCELLED when it is resumed. On itself it is an exit:
 * the caller whose latest call it has not answered gets ERR_PEER_GONE.
 * Signals the death notification. On oneself: exit with `code`.
 */
static inline status_t thread_suspend(cap_t thread, word_t code)
{
    struct message message = { .word = { code } };
    return object_invoke(thread, OP_THREAD_SUSPEND, 1, &message);
}

/* Make a stopped thread runnable; nothing happens if it is not stopped. ERR_STATE: it
 * has no address space. */
static inline status_t thread_resume(cap_t thread)
{
    struct message message = { 0 };
    return object_invoke(thread, OP_THREAD_RESUME, 0, &message);
}

/* End what the thread waits for with ERR_CANCELLED; nothing happens if it does not wait. */
static inline status_t thread_cancel(cap_t thread)
{
    struct message message = { 0 };
    return object_invoke(thread, OP_THREAD_CANCEL, 0, &message);
}

/*
 * Set the priority and the maximum controlled priority (both 0 to 255), at most the caller's own maximum.
 * ERR_RANGE 1, 2, ERR_PRIORITY 1, 2.
 */
static inline status_t thread_set_priority(cap_t thread, word_t priority, word_t maximum)
{
    struct message message = { .word = { priority, maximum } };
    return object_invoke(thread, OP_THREAD_SET_PRIORITY, 2, &message);
}

/*
 * Bind a Notification (with READ): its signals also end a wait at an endpoint, as long as the thread has a
 * SchedContext. 0 unbinds. ERR_BUSY (one of both is bound), ERR_STATE 1 (somebody waits at it).
 */
static inline status_t thread_bind_notification(cap_t thread, cap_t notification)
{
    struct message message = { .word = { notification } };
    return object_invoke(thread, OP_THREAD_BIND_NOTIFICATION, 1, &message);
}

/* Set the attributes (THREAD_FPU, THREAD_FAULT_ON_CAP) named in `mask` to the bits in `values`. ERR_RANGE
 * 1, 2. */
static inline status_t thread_set_attributes(cap_t thread, word_t mask, word_t values)
{
    struct message message = { .word = { mask, values } };
    return object_invoke(thread, OP_THREAD_SET_ATTRIBUTES, 2, &message);
}

struct thread_info {
    unsigned state;   /* THREAD_STATE_* */
    unsigned stopped; /* THREAD_STOP_*: why */
    word_t code;      /* exit code, or the FAULT_* */
    unsigned priority;
};

/* Tell the state of the thread. */
static inline status_t thread_info(cap_t thread, struct thread_info *info)
{
    struct message message = { 0 };
    status_t status = object_invoke(thread, OP_THREAD_INFO, 0, &message);
    *info = (struct thread_info){ (unsigned)message.word[0], (unsigned)message.word[1], message.word[2],
                                  (unsigned)message.word[3] };
    return status;
}

/* ---- SchedContext -------------------------------------------------------------------------------------- */

/*
 * Make the thread the owner of the context: it runs on it. Ends the wait for a timeout handler only when that
 * answers. ERR_BUSY (one of both is bound), ERR_STATE (the context has no budget yet).
 */
static inline status_t sched_context_bind(cap_t context, cap_t thread)
{
    struct message message = { .word = { thread } };
    return object_invoke(context, OP_SCHED_CONTEXT_BIND, 1, &message);
}

/* Take the context from its owner, and back from whom it was donated to (who gets a timeout fault). */
static inline status_t sched_context_unbind(cap_t context)
{
    struct message message = { 0 };
    return object_invoke(context, OP_SCHED_CONTEXT_UNBIND, 0, &message);
}

struct sched_context_info {
    time_ns_t consumed_ns; /* used since the context was made */
    time_ns_t budget_ns;
    time_ns_t period_ns;
    unsigned core;
};

/* Tell the CPU time used, and the settings. */
static inline status_t sched_context_info(cap_t context, struct sched_context_info *info)
{
    struct message message = { 0 };
    status_t status = object_invoke(context, OP_SCHED_CONTEXT_INFO, 0, &message);
    *info = (struct sched_context_info){ message.word[0], message.word[1], message.word[2],
                                         (unsigned)message.word[3] };
    return status;
}

/*
 * Lend the context to a thread that has none, until that thread next waits at an endpoint. For timeout
 * handlers. ERR_BUSY (one of both has another), ERR_STATE (the context has no budget yet).
 */
static inline status_t sched_context_lend(cap_t context, cap_t thread)
{
    struct message message = { .word = { thread } };
    return object_invoke(context, OP_SCHED_CONTEXT_LEND, 1, &message);
}

/* ---- Frame --------------------------------------------------------------------------------------------- */

/* Remove the mapping that this capability made, if it still exists. Needs no right. */
static inline status_t frame_unmap(cap_t frame)
{
    struct message message = { 0 };
    return object_invoke(frame, OP_FRAME_UNMAP, 0, &message);
}

/* Write cached lines of the range (bytes) back to memory, before a device reads it. ERR_RANGE 1, 2. */
static inline status_t frame_clean(cap_t frame, word_t offset, word_t size)
{
    struct message message = { .word = { offset, size } };
    return object_invoke(frame, OP_FRAME_CLEAN, 2, &message);
}

/* Write back and discard cached lines of the range (bytes), before reading what a device wrote. ERR_RANGE
 * 1, 2. */
static inline status_t frame_invalidate(cap_t frame, word_t offset, word_t size)
{
    struct message message = { .word = { offset, size } };
    return object_invoke(frame, OP_FRAME_INVALIDATE, 2, &message);
}

struct frame_info {
    uint64_t physical;
    unsigned size_bits;
    bool device;
    word_t mapped_at; /* 0: not mapped */
};

/* Tell what this frame is. Needs no right. */
static inline status_t frame_info(cap_t frame, struct frame_info *info)
{
    struct message message = { 0 };
    status_t status = object_invoke(frame, OP_FRAME_INFO, 0, &message);
    *info = (struct frame_info){ message.word[0], (unsigned)message.word[1], message.word[2] != 0,
                                 message.word[3] };
    return status;
}

/* ---- AddressSpace and PageTable ------------------------------------------------------------------------ */

/*
 * Map a frame at a user address, with those of `rights` that its capability has; `cache` is MAP_CACHE_*. A
 * frame capability maps once: copy it to map it again. Naming the address where it is mapped already changes
 * the rights.
 *
 *   ERR_TYPE 1, ERR_MAPPED 1 (mapped elsewhere), ERR_RANGE 2, ERR_ALIGNMENT 2,
 *   ERR_MAPPED 2 (something is there), ERR_TABLE 2 (address_space_map_table first), ERR_RANGE 3, 4,
 *   ERR_STATE (the space lost its id)
 */
static inline status_t address_space_map(cap_t space, cap_t frame, word_t address, word_t rights,
                                         word_t cache)
{
    struct message message = { .word = { frame, address, rights, cache } };
    return object_invoke(space, OP_ADDRESS_SPACE_MAP, 4, &message);
}

/*
 * Put a page table at the highest level where one is missing on the way to the address.
 * ERR_TYPE 1, ERR_MAPPED 1 (in use), ERR_RANGE 2, ERR_MAPPED 2 (none is missing), ERR_STATE.
 */
static inline status_t address_space_map_table(cap_t space, cap_t table, word_t address)
{
    struct message message = { .word = { table, address } };
    return object_invoke(space, OP_ADDRESS_SPACE_MAP_TABLE, 2, &message);
}

/* Tell the number (of the AsidRange) of the space. */
static inline status_t address_space_info(cap_t space, word_t *number)
{
    struct message message = { 0 };
    status_t status = object_invoke(space, OP_ADDRESS_SPACE_INFO, 0, &message);
    *number = message.word[0];
    return status;
}

/* Take the table out of its address space, with all that is mapped through it. */
static inline status_t page_table_unmap(cap_t table)
{
    struct message message = { 0 };
    return object_invoke(table, OP_PAGE_TABLE_UNMAP, 0, &message);
}

/* ---- IrqHandler ---------------------------------------------------------------------------------------- */

/*
 * Signals of the interrupt go to this (badged) Notification, with WRITE; 0: nowhere. The line is
 * acknowledged. ERR_TYPE 1, ERR_RIGHT 1, ERR_STATE (the handler lost its line).
 */
static inline status_t irq_handler_bind(cap_t irq, cap_t notification)
{
    struct message message = { .word = { notification } };
    return object_invoke(irq, OP_IRQ_HANDLER_BIND, 1, &message);
}

/* Let the interrupt be signalled again. ERR_STATE. */
static inline status_t irq_handler_acknowledge(cap_t irq)
{
    struct message message = { 0 };
    return object_invoke(irq, OP_IRQ_HANDLER_ACKNOWLEDGE, 0, &message);
}

/* Set IRQ_EDGE or IRQ_LEVEL, with IRQ_ACTIVE_LOW. ERR_RANGE 1, ERR_STATE, ERR_UNSUPPORTED (a
 * message-signalled line). */
static inline status_t irq_handler_set_mode(cap_t irq, word_t mode)
{
    struct message message = { .word = { mode } };
    return object_invoke(irq, OP_IRQ_HANDLER_SET_MODE, 1, &message);
}

/* Tell what a device must write where to raise this interrupt. ERR_UNSUPPORTED, ERR_STATE. */
static inline status_t irq_handler_msi(cap_t irq, uint64_t *address, uint32_t *data)
{
    struct message message = { 0 };
    status_t status = object_invoke(irq, OP_IRQ_HANDLER_MSI, 0, &message);
    *address = message.word[0];
    *data = (uint32_t)message.word[1];
    return status;
}

/* ---- Ranges -------------------------------------------------------------------------------------------- */

/* Read an I/O port of 1, 2 or 4 bytes. Needs READ instead of WRITE. ERR_RANGE 1, 2, ERR_UNSUPPORTED. */
static inline status_t io_port_range_in(cap_t ports, word_t port, word_t size, uint32_t *value)
{
    struct message message = { .word = { port, size } };
    status_t status = object_invoke(ports, OP_IO_PORT_RANGE_IN, 2, &message);
    *value = (uint32_t)message.word[0];
    return status;
}

/* Write an I/O port of 1, 2 or 4 bytes. ERR_RANGE 1, 2, ERR_UNSUPPORTED. */
static inline status_t io_port_range_out(cap_t ports, word_t port, word_t size, uint32_t value)
{
    struct message message = { .word = { port, size, value } };
    return object_invoke(ports, OP_IO_PORT_RANGE_OUT, 3, &message);
}

/*
 * Give a SchedContext up to `budget_ns` in every `period_ns` on a core of the range; with a budget equal to
 * the period it never waits, and the period is the time slice. `badge` is reported in its timeout faults.
 *
 *   ERR_TYPE 1, ERR_RANGE 2 (core), ERR_RANGE 3 (below the smallest budget),
 *   ERR_RANGE 4 (below the budget, or over an hour)
 */
static inline status_t core_range_set_budget(cap_t cores, cap_t context, word_t core, time_ns_t budget_ns,
                                             time_ns_t period_ns, word_t badge)
{
    struct message message = { .word = { context, core, budget_ns, period_ns } };
    message_set(&message, 4, badge);
    return object_invoke(cores, OP_CORE_RANGE_SET_BUDGET, 5, &message);
}

/*
 * Set the core's user timer to an absolute time; it signals its notification once. ~0: never.
 * ERR_RANGE 1, ERR_STATE (no notification is bound).
 */
static inline status_t core_range_set_timer(cap_t cores, word_t core, time_ns_t deadline_ns)
{
    struct message message = { .word = { core, deadline_ns } };
    return object_invoke(cores, OP_CORE_RANGE_SET_TIMER, 2, &message);
}

/* The core's user timer signals this (badged) Notification, with WRITE; 0: none. ERR_RANGE 1, ERR_TYPE 2,
 * ERR_RIGHT 2. */
static inline status_t core_range_bind_timer(cap_t cores, word_t core, cap_t notification)
{
    struct message message = { .word = { core, notification } };
    return object_invoke(cores, OP_CORE_RANGE_BIND_TIMER, 2, &message);
}

/*
 * Switch the machine off (MACHINE_OFF) or start it again (MACHINE_RESET), where only the kernel can. Needs GRANT.
 * ERR_RANGE 1, ERR_UNSUPPORTED (devices do it on this machine).
 */
static inline status_t core_range_power(cap_t cores, word_t how)
{
    struct message message = { .word = { how } };
    return object_invoke(cores, OP_CORE_RANGE_POWER, 1, &message);
}

#endif
