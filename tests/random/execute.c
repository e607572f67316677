/* SPDX-License-Identifier: BSD-2-Clause */
/* One operation is done by the current thread, or by the machine, or by the root. */
#include "driver.h"
#include <string.h>

static void put_words(struct thread *thread, const struct call *call)
{
    unsigned words = tag_words(call->tag) < MESSAGE_WORDS_MAX ? tag_words(call->tag) : MESSAGE_WORDS_MAX;

    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++)
        thread->context.registers[REGISTER_W0 + i] = call->words[i];
    for (unsigned i = MESSAGE_REGISTER_WORDS; thread->utcb && i < words; i++)
        thread->utcb->words[i] = call->words[i];
}

/* Those that are done together begin. False: the thread is not current any more. */
static bool go(void)
{
    const struct thread *thread = current();

    cores_go();
    return current() == thread;
}

/* DEBUG_HALT and DEBUG_PANIC end the machine: that is tested elsewhere. */
static bool ends_the_machine(word_t operation, word_t cap)
{
    return call_number(operation) == SYS_DEBUG && (cap == DEBUG_HALT || cap == DEBUG_PANIC);
}

static void enter(bool once)
{
    if (!go() || ends_the_machine(current()->context.registers[REGISTER_A0],
                                  current()->context.registers[REGISTER_A1])) {
        oracle_dropped();
        return;
    }
    if (once) {
        host_syscall_once();
        host_take_interrupts();
    } else {
        host_syscall();
    }
    oracle_after();
}

void execute_call(const struct call *call, bool once)
{
    struct thread *thread = current();
    word_t *registers = thread->context.registers;

    registers[REGISTER_A0] = call->operation;
    registers[REGISTER_A1] = call->cap;
    registers[REGISTER_A2] = call->tag;
    registers[REGISTER_A3] = call->reply;
    put_words(thread, call);
    oracle_before(call);
    enter(once);
}

/* With the registers as they are: an interrupted call, or one that faulted. */
void execute_again(bool once)
{
    message_stamp_again(current());
    const word_t *registers = current()->context.registers;
    struct call call = { .operation = registers[REGISTER_A0],
                         .cap = registers[REGISTER_A1],
                         .tag = registers[REGISTER_A2],
                         .reply = registers[REGISTER_A3] };

    memcpy(call.words, &registers[REGISTER_W0], MESSAGE_REGISTER_WORDS * sizeof(word_t));
    if (ends_the_machine(call.operation, call.cap)) /* somebody has written the registers */
        return;
    oracle_before(&call);
    enter(once);
}

static void invoke(const struct step *step)
{
    const struct invocation_rule *rule = invocation_rule(step->which);
    struct call call = { .operation = SYS_CALL };
    error_t error;

    if (!rule)
        return;
    unsigned words = (unsigned)strlen(rule->letters) - 1;
    call.cap = pick(rule->letters[0], step->argument[0]);
    call.tag = tag_make(rule->operation, words, 0);
    const struct slot *object = resolve(current(), call.cap, &error);
    for (unsigned i = 0; i < words; i++)
        call.words[i] = invocation_argument(rule->letters[1 + i], step->argument[1 + i], object);
    execute_call(&call, step->flags & ONCE);
}

/* A number in the range that has no owner, if there is one. */
static word_t free_number(cap_t range, unsigned type, uint32_t argument)
{
    error_t error;
    const struct slot *slot = resolve(current(), range, &error);
    unsigned n = argument & 0xffff;

    if (error != OK ||
        (cap_type(&slot->cap) != OBJECT_ASID_RANGE && cap_type(&slot->cap) != OBJECT_IRQ_RANGE))
        return n % 64;
    uint32_t first = range_first(&slot->cap), count = range_count(&slot->cap);
    for (uint32_t i = 0; i < count && i < 64; i++) {
        uint32_t number = first + (n + i) % count;
        if (type == OBJECT_ADDRESS_SPACE ? number < SPACE_NUMBERS && !space_by_number(number)
                                         : number < ARCH_IRQ_LINES && !irq_handler_by_line(number))
            return number;
    }
    return first + n % count;
}

/* Arguments: untyped, CNode (PICK_NULL: one's own), first slot, count, range, number. */
static void retype(const struct step *step)
{
    const struct retype_row *row = &retype_rows[step->which % retype_row_count];
    const uint32_t *argument = step->argument;
    struct call call = { .operation = SYS_CALL, .tag = tag_make(OP_UNTYPED_RETYPE, 7, 0) };
    struct slot own = { .cap = cap_make(OBJECT_CNODE, current()->cnode, RIGHTS_ALL,
                                        (unsigned)__builtin_ctzll(current()->cnode_mask + 1), 0) };
    error_t error;

    call.cap = pick('U', argument[0]);
    cap_t cnode = argument[1] >> PICK_SHIFT == PICK_NULL ? 0 : pick('C', argument[1]);
    const struct slot *target = cnode ? resolve(current(), cnode, &error) : &own;
    char range_letter = row->type == OBJECT_ADDRESS_SPACE ? 'Y' : row->type == OBJECT_IRQ_HANDLER ? 'L' : 0;
    cap_t range = range_letter ? pick(range_letter, argument[4]) : 0;
    const word_t words[] = { row->type,
                             row->size_bits,
                             cnode,
                             pick_index(target, true, argument[2]),
                             argument[3] & 0xffff,
                             range,
                             range ? free_number(range, row->type, argument[5]) : 0 };
    memcpy(call.words, words, sizeof(words));
    execute_call(&call, step->flags & ONCE);
}

static word_t wild_word(uint32_t argument)
{
    return argument >> PICK_SHIFT == PICK_RAW ? argument & 0xffff : pick('.', argument);
}

static void wild_syscall(const struct step *step)
{
    const uint32_t *argument = step->argument;
    struct call call = { .operation = wild_word(argument[0]),
                         .cap = wild_word(argument[1]),
                         .reply = wild_word(argument[2]),
                         .tag = wild_word(argument[3]) };

    for (unsigned i = 0; i < 5; i++)
        call.words[i] = wild_word(argument[4 + i]);
    if (!ends_the_machine(call.operation, call.cap))
        execute_call(&call, step->flags & ONCE);
}

static void by_a_thread(const struct step *step)
{
    const uint32_t *argument = step->argument;

    switch (step->kind) {
    case CONTINUE:
        if (current()->context.at_syscall)
            execute_again(step->flags & ONCE);
        break;
    case ABANDON:
        current()->context.at_syscall = false;
        note_of(current())->waits = false;
        break;
    case INVOKE:
        invoke(step);
        break;
    case RETYPE:
        retype(step);
        break;
    case MESSAGE:
        message_execute(step);
        break;
    case SYSCALL:
        wild_syscall(step);
        break;
    case YIELD:
        execute_call(&(struct call){ .operation = SYS_YIELD }, false);
        break;
    case ACCESS:
        if (go())
            oracle_access(invocation_argument('a', argument[0], NULL), argument[1] % 8, argument[2] & 1);
        break;
    case EXCEPTION:
        if (go())
            kernel_exception(argument[0] % 10, argument[1]);
        break;
    case FPU:
        if (go())
            oracle_fpu(argument[0]);
        break;
    default:
        break;
    }
}

static bool needs_a_thread(unsigned kind)
{
    return kind == CONTINUE || kind == ABANDON || (kind >= INVOKE && kind <= FPU);
}

void execute(const struct step *step)
{
    uint32_t argument = step->argument[0];

    switch (step->kind) {
    case RUN:
        world_run(argument);
        break;
    case TIME:
        cores_go();
        host_time_advance(argument);
        break;
    case LATE:
        cores_go();
        host.ticks += argument;
        host_take_interrupts();
        break;
    case INTERRUPT:
        cores_go();
        host_interrupt(argument % ARCH_IRQ_LINES == 1 ? 2 : argument % ARCH_IRQ_LINES); /* 1 wakes the root */
        break;
    case PENDING:
        host.pending_every = argument;
        break;
    case FAST_PATH:
        fastpath_enable(argument == 0);
        break;
    case REVIVE:
        world_revive(argument);
        break;
    case REBUILD:
        world_rebuild(argument);
        break;
    default:
        if (needs_a_thread(step->kind) && current())
            by_a_thread(step);
    }
    host_take_interrupts();
}
