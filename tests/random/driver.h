/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The random driver. Its parts, each in a file of its own:
 *
 *   world.c        what there is before the first operation: components with threads; and what the root does for them
 *   pick.c         from an argument to a capability address
 *   invocations.c  operations on kernel objects, and the arguments that each takes
 *   execute.c      one operation is done
 *   message.c      messages: what is sent, and whether it arrives
 *   oracle.c       what must come out, seen without the kernel's own functions; memory contents
 *   generate.c     which operation comes next
 *   scenario.c     several that belong together
 *   cores.c        several cores, one at a time
 *   sequence.c     a sequence in a process of its own: from a seed, or from an array
 *   shrink.c       a failing sequence becomes a minimal one, and is printed
 *   reach.c        what was reached
 *   main.c         options, and many sequences
 */
#ifndef RANDOM_DRIVER_H
#define RANDOM_DRIVER_H

#include "cores.h"
#include "step.h"
#include "system.h"
#include <lucid/faults.h>

/* ---- world.c */

#define COMPONENTS            3u
#define THREADS_PER_COMPONENT 3u
#define KEEPERS               (COMPONENTS * THREADS_PER_COMPONENT)
#define COMPONENT_CNODE_BITS  6u
#define MAPPED_AT             ((word_t)0x20000000)
#define NUMBER_FIRST          40u
#define NUMBER_COUNT          12u
#define LINE_FIRST            8u
#define LINE_COUNT            4u
#define MSI_FIRST             32u
#define MSI_COUNT             4u

/* Boot, and make the components. */
void world_make(void);
/* The root takes everything back. All memory must be clean then, and nothing be left. */
void world_take_back(void);
/* The root makes the n-th runnable thread the one that runs. */
void world_run(unsigned n);
void world_revive(unsigned n);
void world_rebuild(unsigned n);
/* For people. */
const char *world_name(const struct thread *thread);
/* The memory that all components are made from. */
char *world_memory(void);

/* ---- pick.c: what the current thread can name */

struct place {
    cap_t address;
    struct slot *slot;
};
#define PLACES_MAX 256u

bool is_useful(char letter, const struct slot *slot);
cap_t pick(char letter, uint32_t argument);
/* An index in the CNode of a capability: an empty slot, or one in use. */
word_t pick_index(const struct slot *cnode, bool empty, uint32_t argument);
/* The slot at an address in a thread's capability space, found without the kernel; error: ERR_CAPABILITY, ERR_RIGHT, ERR_DEPTH. */
struct slot *resolve(const struct thread *thread, cap_t address, error_t *error);

/* ---- invocations.c */

struct invocation_rule {
    uint16_t operation; /* OP_* */
    uint8_t weight;     /* how often it is generated */
    uint8_t right;      /* that it needs */
    const char *name;
    const char *letters; /* object, then arguments */
};

extern const struct invocation_rule invocation_rules[];
extern const unsigned invocation_rule_count;
const struct invocation_rule *invocation_rule(word_t operation);
/* What a letter and an argument mean, in the current thread's space. `object`: of the invocation. */
word_t invocation_argument(char letter, uint32_t argument, const struct slot *object);

struct retype_row {
    uint8_t type, size_bits;
};
/* The first rows. */
enum {
    RETYPE_THREAD,
    RETYPE_CONTEXT,
    RETYPE_FRAME,
    RETYPE_TABLE,
    RETYPE_CNODE = 7,
    RETYPE_SPACE,
    RETYPE_HANDLER,
    RETYPE_UNTYPED = 14,
};
extern const struct retype_row retype_rows[];
extern const unsigned retype_row_count;

/* ---- execute.c */

void execute(const struct step *step);
/* The current thread makes this system call. */
struct call {
    word_t operation, cap, reply;
    tag_t tag;
    word_t words[MESSAGE_WORDS_MAX];
};
void execute_call(const struct call *call, bool once);
void execute_again(bool once);

/* ---- message.c */

/* In `which` of a MESSAGE, above SYS_*. */
#define MESSAGE_TO_NOTIFICATION 0x100u
#define MESSAGE_TO_REPLY        0x200u
#define MESSAGE_PLAIN_LABEL     0x400u

void message_execute(const struct step *step);
/* A message that says itself what it must be like. */
void message_stamp(struct call *call, uint32_t seed, const struct slot *destination);
void message_stamp_again(struct thread *thread);
void message_check(const struct thread *thread);

/* ---- oracle.c */

/* What a thread is waiting for the result of. */
struct note {
    const struct thread *thread;
    bool waits;
    uint8_t call;       /* SYS_* */
    uint16_t operation; /* OP_* of an invocation; 0: none */
    word_t ip;          /* where it goes on when the result is there */
    word_t fpu;         /* what it left in the FPU's registers */
};

struct note *note_of(const struct thread *thread);
void oracle_before(const struct call *call);
void oracle_after(void);
/* The call was not made: somebody has taken the thread away. */
void oracle_dropped(void);
/* After operations that were done together: what is not known any more. */
void oracle_forget_round(const struct step *steps, unsigned count);
/* Results that have come: of all threads that have one. */
void oracle_results(void);
void oracle_access(word_t address, word_t access, bool compare);
void oracle_fpu(word_t value);
void oracle_reset(void);
/* Counts changes of message pages; 0: this thread's is not its own. */
unsigned oracle_epoch(const struct thread *thread);
/* Somebody's message page may be another now. */
void oracle_forget_pages(void);

NORETURN void fails(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define MUST(condition, ...) ((condition) ? (void)0 : fails(__VA_ARGS__))

/* ---- generate.c */

uint64_t draw(void);
unsigned draw_below(unsigned limit);
void draw_seed(uint64_t seed);
void generate(struct step *step);

/* ---- scenario.c */

/* Draw several steps that belong together, and take one after the other; false: there is none for this core. */
void scenario_begin(void);
bool scenario_next(struct step *step);
/* Whose turn it is: a core that runs somebody, mostly; more often that of a scenario that has begun. */
unsigned scenario_draw_core(void);

/* ---- sequence.c */

/* Shared with the parent process. */
struct report {
    unsigned count;  /* steps in `step` */
    unsigned done;   /* that were begun */
    uint64_t digest; /* of all that could be seen */
    char message[512];
    struct step step[LENGTH_MAX];
};

struct plan {
    uint64_t seed;
    unsigned length;
    unsigned check_interval;
    bool trace;  /* print each step */
    bool plant;  /* a failure of the driver's own, to be shrunk */
    bool replay; /* the operations are in the report */
};

extern struct report *report;
void sequence_init(void);
/* True if all went well; else report->message. */
bool sequence_run(const struct plan *plan);
void digest_add(uint64_t value);

/* ---- shrink.c */

void shrink(const struct plan *plan);
void print_as_test(const struct plan *plan);

/* ---- reach.c */

enum reach_event {
    REACH_FAULT_PAGE = 1, /* FAULT_* */
    REACH_FAULT_EXCEPTION,
    REACH_FAULT_SYSCALL,
    REACH_FAULT_CAPABILITY,
    REACH_FAULT_TIMEOUT,
    REACH_ANSWERED, /* a fault, by its handler */
    REACH_SIGNAL_AT_ENDPOINT,
    REACH_TRANSFER, /* of capabilities */
    REACH_LONG_MESSAGE,
    REACH_INTERRUPTED,
    REACH_CHAIN_2,
    REACH_CHAIN_3,
    REACH_CUT_LINK,
    REACH_LENT,
    REACH_ZOMBIE,
    REACH_DEFERRED,
    REACH_REPLENISHMENT,
    REACH_IDLE,
    REACH_STOP_SUSPEND, /* THREAD_STOP_* */
    REACH_STOP_FAULT,
    REACH_STOP_SPACE,
    REACH_WAITED, /* of several cores */
    REACH_PARKED,
    REACH_TAKEN_AWAY,
    REACH_EVENT_COUNT
};

struct reach {
    uint64_t kind[KIND_COUNT];
    uint64_t call[8][ERROR_COUNT];
    uint64_t operation[16][16][ERROR_COUNT];
    uint64_t event[REACH_EVENT_COUNT];
};

extern struct reach *reach;
void reach_init(void);
void reach_result(unsigned call, unsigned operation, status_t status);
void reach_look(void); /* at the state */
void reach_end(void);  /* of a sequence: what the machine has counted */
void reach_print(void);
/* What no sequence has reached. */
void reach_print_never(void);

/* SYS_* of a system call, polling or not; SYS_COUNT or more: there is none of that number. */
static inline word_t call_number(word_t operation)
{
    word_t number = operation & ~(word_t)SYS_POLL;
    bool polls = number == SYS_SEND || number == SYS_RECV || number == SYS_REPLY_RECV;

    return polls ? number : operation;
}

#endif
