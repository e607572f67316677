/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the supervisor share. Each section is one file, which opens with what it does.
 *
 *     main.c          start, and the loop: requests, faults, deaths
 *     bundle.c        the compiled description: checked, then looked things up in
 *     memory.c        memory, kernel objects, mappings
 *     device.c        frames of device memory, wherever it lies
 *     component.c     a component's life: made, started, ended, started again
 *     construct.c     what a component is made of: objects, memory, thread
 *     grants.c        sessions and devices: given, taken back, exchanged when a server dies
 *     info.c          the information that a component finds at its start
 *     faults.c        faults, and their reports for people
 *     symbols.c       from an address to function, file and line
 *     service.c       the interface Supervisor
 *     log.c           the supervisor's own messages, on their way to the console
 *     serial.c        the serial line, while there is no console
 *     power.c, acpi.c switching the machine off
 */
#ifndef SUPERVISOR_PARTS_H
#define SUPERVISOR_PARTS_H

#include <lucid.h>
#include <lucid/boot_info.h>
#include <lucid/bundle.h>
#include <lucid/faults.h>
#include <supervisor.types.h>

#define PAGE_BYTES 4096u
#define PAGE_BITS  12u

static inline word_t round_up(word_t value, word_t unit)
{
    return (value + unit - 1) & ~(unit - 1);
}

static inline word_t pages_of(word_t bytes)
{
    return round_up(bytes, PAGE_BYTES) / PAGE_BYTES;
}

extern const struct boot_info *boot;

/* The supervisor's endpoint (requests and faults), its Reply, and its notification (deaths), which is bound
 * to its thread. */
extern cap_t supervisor_endpoint, supervisor_reply, supervisor_notification;

/* Badges at the supervisor's endpoint. A component's requests and faults carry its number + 1. A session
 * whose server is dead leads here with BADGE_DEAD: its calls are answered with ERR_PEER_GONE. */
#define BADGE_DEAD ((word_t)1 << 32)

/* ---- bundle.c ------------------------------------------------------------------------------------------ */

extern const struct bundle_header *bundle;

/* Check everything in the bundle, and use it from now on. NULL, or a sentence that says what is wrong. */
const char *bundle_open(const void *start, word_t size);

const char *bundle_text(uint32_t offset);
const struct bundle_component *bundle_component(unsigned index);
const struct bundle_provide *bundle_provide(unsigned index);
const struct bundle_use *bundle_use(unsigned index);
const struct bundle_device *bundle_device(unsigned index);

/* ---- memory.c ------------------------------------------------------------------------------------------ */

/*
 * Makes objects out of one Untyped and puts their capabilities into the slots of one CNode, one after the
 * other. The CNode is the supervisor's own, or one that a slot of it holds.
 */
struct maker {
    cap_t untyped;
    cap_t cnode;
    word_t next, end; /* slots that are empty */
};

void memory_init(void);
/* The heap, when the bundle has been opened: its size depends on it. */
void memory_init_heap(void);

/* An empty slot of the supervisor's CNode. */
cap_t slot_take(void);

/* An Untyped of 2^size_bits bytes of ordinary memory, clean; CAP_NULL if there is none. */
cap_t memory_take(unsigned size_bits);

/* The capability address of a maker's slot. */
cap_t maker_address(const struct maker *maker, word_t index);

/* The next empty slot, without making anything; 0 if there is none. */
word_t maker_slot(struct maker *maker);

/* `count` objects, in slots that follow each other; the address of the first. For AddressSpace and IrqHandler
 * see maker_make_numbered. */
error_t maker_make(struct maker *maker, unsigned type, unsigned size_bits, word_t count, cap_t *first);
error_t maker_make_numbered(struct maker *maker, unsigned type, cap_t range, word_t number, cap_t *cap);

/* The next one after a capability of a maker. */
cap_t maker_next(const struct maker *maker, cap_t cap);

/* Make an object for the supervisor itself. It is never given back. */
error_t own_make(unsigned type, unsigned size_bits, cap_t *cap);

/* What the supervisor itself has taken for that, in bytes: used and in total. */
void own_memory(word_t *used, word_t *total);

/* Map a frame; page tables that are missing are made by `maker`. */
error_t space_map(cap_t space, struct maker *maker, cap_t frame, word_t address, word_t rights, word_t cache);

/* Map one page of device memory for the supervisor, for good. NULL if that fails. */
volatile void *device_open(uint64_t physical);

/* Map a frame for the supervisor at one fixed place, until window_close. NULL if that fails. */
void *window_open(cap_t frame, word_t rights, word_t cache);
void window_close(void);

/* A stack of its own, with nothing mapped below it: the address of its end. */
word_t stack_make(void);

/* ---- device.c ------------------------------------------------------------------------------------------ */

/* The Frame of a page of device memory; CAP_NULL if the page is ordinary memory, or the kernel's. */
cap_t device_frame(uint64_t physical);

/* Read device memory, such as a table of the firmware. */
bool device_read(uint64_t physical, void *to, size_t size);

/* ---- component.c, construct.c -------------------------------------------------------------------------- */

/* Where things lie in a component's address space, beside its segments. */
struct layout {
    word_t info, info_size;
    word_t message_page;
    word_t stack, stack_size; /* with STACK_GUARD bytes below that are never mapped */
    word_t heap, heap_size;
    word_t devices; /* memory of devices, one after the other */
};

#define STACK_GUARD 65536u

/* What the supervisor itself holds of a component: slots of the component's "holdings", a CNode made out of
 * its quota. */
struct holdings {
    cap_t cnode; /* the component's CNode */
    cap_t space;
    cap_t thread;
    cap_t context; /* SchedContext; of a passive component: the one that is lent to it in need */
    cap_t notification;
    cap_t endpoint; /* CAP_NULL if it provides nothing */
    cap_t reply;
    cap_t fault;   /* the supervisor's endpoint, badged */
    cap_t death;   /* the supervisor's notification, badged */
    cap_t news;    /* its own notification, badged COMPONENT_SIGNAL_NEWS */
    cap_t session; /* its session with the supervisor: parent of what is in its slot */
    cap_t give;    /* empty: for memory on its way to the component */
    cap_t stack;   /* first of the Frames */
};

struct component {
    const struct bundle_component *description;
    const char *name;
    unsigned index;
    unsigned state; /* COMPONENT_* */
    word_t code;    /* exit code */
    unsigned generation;
    bool made;   /* it has objects; else its quota is clean and all of `hold` is void */
    cap_t quota; /* Untyped that all it has comes out of */
    unsigned quota_bits;
    cap_t holdings;     /* slot of the CNode with its holdings */
    struct maker maker; /* makes objects out of the quota, into the holdings */
    struct holdings hold;
    struct layout layout;
    time_ns_t started_ns;
    word_t crash_kinds; /* errors that it shall still be made to commit: 1 << CRASH_* */
    bool crashing;      /* it is being made to commit one */
    unsigned restarts;  /* since restarts_since_ns */
    time_ns_t restarts_since_ns;
};

extern struct component *components;
extern unsigned component_count;

/* Take memory for all components, make and start them. */
void components_start(void);

/* End a component: everything it had is taken back. `state` is what became of it. It is then started again if
 * `again`. */
void component_end(struct component *component, unsigned state, word_t code, bool again);

/* It ended by itself: what its description says about that happens. */
void component_ended(struct component *component, unsigned state, word_t code);

/* The same for one that exited, with a line about it. */
void component_exited(struct component *component, word_t code);

/* Make and start it; it is not running. False, with a report, if that cannot be done. */
bool component_start(struct component *component);

/* Make it commit errors, one after the other. */
error_t component_crash(struct component *component, word_t kinds);

/* The state of its thread: THREAD_STATE_*. */
unsigned component_thread_state(const struct component *component);

/* Make everything of a component, so that its thread can be started. Reports what fails; the caller takes
 * everything back. */
error_t construct(struct component *component);

/* The Untyped quota is clean again: whatever the component had or gave is gone. */
void deconstruct(struct component *component);

/* ---- grants.c ------------------------------------------------------------------------------------------ */

void grants_init(void);

/* Number of slots that a component's sessions and devices take, in its CNode and at least that in its
 * holdings. */
word_t grants_slots(const struct component *component);

/* Pages of device memory that are mapped into it. */
word_t grants_device_pages(const struct component *component);

/* Give every session and device of a component its slot in the component's CNode, once and for all. */
void grants_number(const struct component *component);

/* Give a component its devices and sessions. */
error_t grants_give(struct component *component);

/* A server has come to life, or is gone: its clients' sessions lead to it, or to nobody. */
void grants_server_changed(const struct component *server);

/* A client is gone: those who serve it shall know. */
void grants_client_gone(const struct component *client);

/* The badge of one client of the server that is gone, each once; false if there is no more. */
bool grants_next_gone(const struct component *server, word_t *badge);

/* The slot of a session or device in its component's CNode. */
word_t grants_use_slot(unsigned use);
word_t grants_device_slot(unsigned device);
/* Where a device's memory is mapped. */
word_t grants_device_address(const struct component *component, unsigned device);

/* ---- info.c -------------------------------------------------------------------------------------------- */

/* An upper bound for the bytes of a component's information. */
word_t info_size(const struct component *component);
/* Write it, into memory of that size. */
void info_write(const struct component *component, unsigned cnode_bits, void *memory);

/* ---- faults.c, symbols.c ------------------------------------------------------------------------------- */

/* A component's fault. True if it shall go on, false if it was the end. */
bool fault_handle(struct component *component, const struct message *message);

/* What is known about an instruction: function (NULL: unknown), file (NULL) and line. */
struct place {
    const char *function;
    const char *file;
    unsigned line;
};
struct place symbols_find(const struct component *component, word_t address);
/* The address of a function; 0 if there is none of this name. */
word_t symbols_address(const struct component *component, const char *name);

/* ---- service.c ----------------------------------------------------------------------------------------- */

/* Answer a request: the message becomes the answer. */
void service_request(struct message *message);

/* ---- log.c --------------------------------------------------------------------------------------------- */

/* One line, with [supervisor] before it. */
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Text of a component that has no console. */
void log_component_text(const char *name, const char *text, size_t length);

/* All components have been started: from now on lines go to the console, if there is one that runs. */
void log_boot_done(void);
/* See to it that what is in the log goes where it should: the console may have come, gone, or have to be
 * told. */
void log_settle(void);
/* Take out up to `size` bytes for the console. */
size_t log_take(char *text, size_t size);

/* ---- serial.c ------------------------------------------------------------------------------------------ */

/* Put one character out, on the serial line that the kernel itself prints on. Waits for the device; does
 * nothing where there is none. */
void serial_put(char c);

/* ---- power.c, acpi.c ----------------------------------------------------------------------------------- */

void power_off(void);
void power_reboot(void);

/* Where the firmware's tables say that power is switched. */
struct acpi_power {
    uint16_t sleep_port[2]; /* PM1a and PM1b control blocks; 0: none */
    uint16_t sleep_value[2];
    uint16_t reset_port; /* 0: none */
    uint8_t reset_value;
};
bool acpi_find_power(struct acpi_power *power);

#endif
