/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must come out, told without the kernel's own functions where the invariants cannot tell:
 *
 *   destinations   a system call whose destination does not exist, has the wrong type or lacks a right fails with just that error
 *   results        of operations that only tell something, against what they tell about
 *   memory         each quarter of each page has a word that the kernel never touches (in a message page: struct utcb's `user`); a shadow of it
 *                  is kept here. Frames that are made are clean; what user code reaches is a frame
 *   FPU            a thread finds in the registers what it left there
 */
#include "driver.h"

#define PART_BYTES  (512u * 1024u)
#define PART_PAGES  (PART_BYTES / PAGE_SIZE)
#define NOTE_STEP   1024u
#define QUARTERS    4u
#define FPU_UNKNOWN (~(word_t)0)

struct quarter {
    word_t value;
    bool known;
};

static struct note notes[PART_BYTES / NOTE_STEP];
static struct quarter shadow[PART_PAGES][QUARTERS];
static word_t serial;
static unsigned epoch = 1;

/* Of each core: the call that is made. */
static struct {
    const struct thread *thread;
    word_t operation, label;
    error_t error;     /* that must come */
    cap_t address;     /* of the capability that is wrong */
    bool expected;     /* an error is, for the destination */
    bool faults;       /* it would be a fault */
    struct slot *made; /* retype: the first of the slots */
    word_t made_count;
    struct slot told; /* of an operation that tells something: the slot that it is about */
} call_of[CONFIG_CORES];
#define now call_of[host_number]

static bool reset_later;

struct note *note_of(const struct thread *thread)
{
    struct note *note = &notes[((const char *)thread - world_memory()) / NOTE_STEP % ARRAY_COUNT(notes)];

    note->thread = thread;
    return note;
}

/* Counts changes of anybody's message page; 0: this thread's page is not its own. */
unsigned oracle_epoch(const struct thread *thread)
{
    if (!thread->utcb)
        return 0;
    for (unsigned i = 0; i < ARRAY_COUNT(notes); i++)
        if (notes[i].thread && notes[i].thread != thread && notes[i].thread->utcb == thread->utcb)
            return 0;
    return epoch;
}

void oracle_forget_pages(void)
{
    epoch++;
}

static void forget_memory(void)
{
    for (unsigned page = 0; page < PART_PAGES; page++)
        for (unsigned i = 0; i < QUARTERS; i++)
            shadow[page][i].known = false;
}

void oracle_reset(void)
{
    epoch++;
    reset_later = cores_overlap();
    if (reset_later)
        return;
    for (unsigned i = 0; i < ARRAY_COUNT(notes); i++)
        notes[i] = (struct note){ .fpu = FPU_UNKNOWN };
    forget_memory();
    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot))
        if (check_thread(slot) && check_thread(slot) != root_thread())
            note_of(check_thread(slot));
}

/* ---- Destinations */

static error_t expect_of_type(const struct thread *thread, cap_t address, unsigned type, word_t rights)
{
    error_t error;
    const struct slot *slot = resolve(thread, address, &error);

    if (error != OK)
        return error;
    if (cap_type(&slot->cap) != type)
        return ERR_TYPE;
    return (cap_rights(&slot->cap) & rights) == rights ? OK : ERR_RIGHT;
}

static error_t expect_send(const struct thread *thread, const struct call *call)
{
    error_t error;
    const struct slot *slot = resolve(thread, call->cap, &error);
    bool calls = call_number(call->operation) == SYS_CALL;

    if (error != OK)
        return error;
    switch (cap_type(&slot->cap)) {
    case OBJECT_ENDPOINT:
        return cap_rights(&slot->cap) & RIGHT_WRITE ? OK : ERR_RIGHT;
    case OBJECT_NOTIFICATION:
        return calls ? ERR_TYPE : cap_rights(&slot->cap) & RIGHT_WRITE ? OK : ERR_RIGHT;
    case OBJECT_REPLY:
        return calls ? ERR_TYPE : OK;
    default:
        return calls ? OK : ERR_TYPE;
    }
}

static error_t expect_receive(const struct thread *thread, const struct call *call, cap_t *address)
{
    error_t error;
    const struct slot *slot = resolve(thread, call->cap, &error);

    *address = call->cap;
    if (error != OK)
        return error;
    unsigned type = cap_type(&slot->cap);
    if (type != OBJECT_ENDPOINT && type != OBJECT_NOTIFICATION)
        return ERR_TYPE;
    if (!(cap_rights(&slot->cap) & RIGHT_READ))
        return ERR_RIGHT;
    *address = call->reply;
    return call->reply ? expect_of_type(thread, call->reply, OBJECT_REPLY, 0) : OK;
}

/* Of an invocation: what all have in common. */
static void expect_invocation(const struct thread *thread, const struct call *call)
{
    const struct invocation_rule *rule = invocation_rule(tag_label(call->tag));
    error_t error;
    const struct slot *slot = resolve(thread, call->cap, &error);
    unsigned type = cap_type(&slot->cap);
    word_t right = rule ? rule->right : RIGHT_WRITE;

    now.label = tag_label(call->tag);
    if (tag_label(call->tag) >> 8 != type || (!rule && now.label != OP_UNTYPED_RETYPE))
        now.error = ERR_OPERATION;
    else if ((cap_rights(&slot->cap) & right) != right)
        now.error = ERR_RIGHT;
    now.told = *slot;
}

/* The slots that a retype fills. */
static void expect_made(const struct thread *thread, const struct call *call)
{
    error_t error = OK;
    struct slot *slots = thread->cnode;
    word_t count = thread->cnode_mask + 1;

    if (call->words[2]) {
        const struct slot *slot = resolve(thread, call->words[2], &error);
        slots = error == OK && cap_type(&slot->cap) == OBJECT_CNODE ? cnode_slots(&slot->cap) : NULL;
        count = slots ? cnode_count(&slot->cap) : 0;
    }
    now.made = call->words[3] < count ? &slots[call->words[3]] : NULL;
    now.made_count = call->words[4];
}

static bool is_invocation(const struct thread *thread, const struct call *call)
{
    error_t error;
    const struct slot *slot = resolve(thread, call->cap, &error);

    return error == OK && cap_type(&slot->cap) != OBJECT_ENDPOINT &&
           cap_type(&slot->cap) != OBJECT_NOTIFICATION && cap_type(&slot->cap) != OBJECT_REPLY;
}

/* What others than the one that is meant may have lost. */
static void forget(word_t label)
{
    if (label == OP_THREAD_CONFIGURE || label == OP_CNODE_DELETE || label == OP_CNODE_REVOKE ||
        label == OP_UNTYPED_RETYPE)
        epoch++;
    if (label != OP_THREAD_SET_ATTRIBUTES && label != OP_THREAD_WRITE_REGISTERS)
        return;
    for (unsigned i = 0; i < ARRAY_COUNT(notes); i++)
        if (label == OP_THREAD_SET_ATTRIBUTES)
            notes[i].fpu = FPU_UNKNOWN;
        else
            notes[i].waits = false;
}

void oracle_before(const struct call *call)
{
    struct thread *thread = current();
    word_t number = call_number(call->operation);

    now.thread = thread;
    now.operation = call->operation;
    now.label = 0;
    now.error = OK;
    now.address = call->cap;
    now.made = NULL;
    now.expected = false;
    now.faults = thread->attributes & THREAD_FAULT_ON_CAP;
    if (number == SYS_CALL || number == SYS_SEND) {
        now.error = expect_send(thread, call);
        now.expected = now.error != OK;
        if (number == SYS_CALL && is_invocation(thread, call)) {
            expect_invocation(thread, call);
            if (now.label == OP_UNTYPED_RETYPE && thread->utcb)
                expect_made(thread, call);
        }
    } else if (number == SYS_RECV || number == SYS_REPLY_RECV) {
        now.error = expect_receive(thread, call, &now.address);
        now.expected = now.error != OK;
    }
    if (cores_overlap())
        forget(now.label);
    struct note *note = note_of(thread);
    note->waits = true;
    note->ip = thread->context.registers[REGISTER_IP] + SYSCALL_LENGTH;
    note->call = (uint8_t)(number < SYS_COUNT ? number : SYS_COUNT);
    note->operation = (uint16_t)now.label;
}

static void destination_was_refused(void)
{
    const struct thread *thread = now.thread;
    status_t status = thread->context.registers[REGISTER_A0];

    if (!now.expected || !now.faults) {
        MUST(status_error(status) == now.error,
             "a call with the error %u for its capability has the status %#llx", now.error,
             (unsigned long long)status);
        return;
    }
    if (thread->state == THREAD_STATE_STOPPED)
        MUST(thread->stop_reason == THREAD_STOP_FAULT && thread->exit_code == FAULT_CAPABILITY,
             "a call with a bad capability stops its thread for the reason %u, code %llu",
             thread->stop_reason, (unsigned long long)thread->exit_code);
    else
        MUST(thread->fault == FAULT_CAPABILITY && thread->fault_words[0] == now.address &&
                 thread->fault_words[1] == now.error,
             "a call with a bad capability (error %u) is fault %u %#llx %llu", now.error, thread->fault,
             (unsigned long long)thread->fault_words[0], (unsigned long long)thread->fault_words[1]);
}

/* ---- Results */

static void told(word_t seen, word_t expected, const char *what)
{
    MUST(seen == expected, "%s is %#llx, but %#llx was told", what, (unsigned long long)expected,
         (unsigned long long)seen);
}

static void check_told(const word_t *word)
{
    const struct cap *cap = &now.told.cap;
    const struct thread *thread = cap_pointer(cap);
    const struct sched_context *sc = cap_pointer(cap);

    switch (now.label) {
    case OP_UNTYPED_INFO:
        told(word[0], arch_physical(cap_pointer(cap)), "an Untyped's address");
        told(word[2], cap->data, "an Untyped's watermark");
        break;
    case OP_THREAD_INFO:
        told(word[0], thread->state, "a thread's state");
        told(word[3], thread_priority(thread), "a thread's priority");
        break;
    case OP_SCHED_CONTEXT_INFO:
        told(word[1], time_ns(sc->budget), "a context's budget");
        told(word[2], time_ns(sc->period), "a context's period");
        break;
    case OP_FRAME_INFO:
        told(word[0], arch_physical(mapped_pointer(cap)), "a Frame's address");
        told(word[1], frame_size_bits(cap), "a Frame's size");
        break;
    case OP_ADDRESS_SPACE_INFO:
        told(word[0], ((const struct address_space *)cap_pointer(cap))->number, "a space's number");
        break;
    default:
        break;
    }
}

static struct quarter *quarters_of(const void *bytes)
{
    size_t offset = (size_t)((const char *)bytes - world_memory());

    return offset < PART_BYTES ? shadow[offset / PAGE_SIZE] : NULL;
}

static void frame_was_made(const struct cap *cap)
{
    const word_t *bytes = mapped_pointer(cap);
    struct quarter *quarters = quarters_of(bytes);

    if (frame_is_device(cap) || !quarters)
        return;
    for (unsigned i = 0; i < PAGE_SIZE / sizeof(word_t); i++)
        MUST(bytes[i] == 0, "a new Frame is not clean at offset %u", i * (unsigned)sizeof(word_t));
    for (unsigned i = 0; i < QUARTERS; i++)
        quarters[i] = (struct quarter){ .value = 0, .known = true };
}

static void objects_were_made(void)
{
    for (word_t i = 0; i < now.made_count && i < 64; i++) {
        const struct cap *cap = &now.made[i].cap;
        if (cap_type(cap) == OBJECT_FRAME)
            frame_was_made(cap);
        else if (cap_type(cap) == OBJECT_THREAD)
            *note_of(cap_pointer(cap)) = (struct note){ .thread = cap_pointer(cap) };
    }
}

static bool has_returned(const struct thread *thread)
{
    return thread == current() && !thread->context.at_syscall;
}

void oracle_after(void)
{
    const struct thread *thread = now.thread;
    const word_t *registers = thread->context.registers;

    if (cores_overlap()) {
        forget(now.label);
        return;
    }
    if (now.error != OK) {
        if (CONFIG_CORES == 1 || has_returned(thread)) /* else perhaps it was not made */
            destination_was_refused();
    } else if (now.label && has_returned(thread) && registers[REGISTER_A0] == OK) {
        if (CONFIG_CORES == 1 || host.ticks_per_read == 0) /* else timers of other cores change things */
            check_told(&registers[REGISTER_W0]);
        if (now.made)
            objects_were_made();
    } else if (now.made && CONFIG_CORES > 1) {
        forget_memory();
    }
    if (now.label == OP_THREAD_WRITE_REGISTERS && thread == current())
        oracle_results();
    forget(now.label);
}

void oracle_dropped(void)
{
    note_of(now.thread)->waits = false;
}

void oracle_forget_round(const struct step *steps, unsigned count)
{
    for (unsigned i = 0; i < count && count > 1; i++)
        if (steps[i].kind == RETYPE || steps[i].kind == REBUILD)
            forget_memory();
    if (reset_later)
        oracle_reset();
}

void oracle_results(void)
{
    const struct thread *thread = current();
    struct note *note = thread ? note_of(thread) : NULL;

    if (!note || !note->waits || thread->context.at_syscall)
        return;
    note->waits = false;
    if (thread->context.registers[REGISTER_IP] != note->ip)
        return; /* a fault's handler made it go on elsewhere */
    status_t status = thread->context.registers[REGISTER_A0];
    reach_result(note->call, note->operation, status);
    if (!note->operation)
        message_check(thread);
    digest_add(status);
    digest_add(thread->context.registers[REGISTER_A1]);
    digest_add(thread->context.registers[REGISTER_A2]);
}

/* ---- Memory and FPU */

static bool is_frame(paddr_t physical)
{
    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot))
        if (cap_type(&slot->cap) == OBJECT_FRAME &&
            arch_physical(mapped_pointer(&slot->cap)) == (physical & ~(paddr_t)(PAGE_SIZE - 1)))
            return true;
    return false;
}

void oracle_access(word_t address, word_t access, bool compare)
{
    unsigned part = (unsigned)(serial++ % QUARTERS);
    char *bytes = host_access((address & ~(word_t)(PAGE_SIZE - 1)) + part * UTCB_ALIGN,
                              access & 7 ? access & 7 : FAULT_ACCESS_READ);

    if (!bytes)
        return;
    MUST(cores_overlap() || is_frame(arch_physical(bytes)),
         "user code reaches memory that is no frame, at %#llx", (unsigned long long)address);
    struct quarter *quarters = quarters_of(bytes);
    if (!quarters || !compare)
        return;
    word_t *word = &((struct utcb *)(void *)bytes)->user[0];
    MUST(!quarters[part].known || *word == quarters[part].value, "a word of user memory is %#llx, not %#llx",
         (unsigned long long)*word, (unsigned long long)quarters[part].value);
    if (access & FAULT_ACCESS_WRITE)
        *word = serial * 0x9e3779b97f4a7c15ull;
    quarters[part] = (struct quarter){ .value = *word, .known = true };
}

void oracle_fpu(word_t value)
{
    struct note *note = note_of(current());
    word_t *registers = host_fpu();

    if (!registers)
        return;
    for (unsigned i = 0; i < HOST_FPU_WORDS; i++)
        MUST(note->fpu == FPU_UNKNOWN || registers[i] == note->fpu, "an FPU register is %#llx, not %#llx",
             (unsigned long long)registers[i], (unsigned long long)note->fpu);
    for (unsigned i = 0; i < HOST_FPU_WORDS; i++)
        registers[i] = value;
    note->fpu = value;
}
