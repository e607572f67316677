/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * liblucid: everything that a component needs, in one header.
 *
 * A component is `int main(void)`. It prints, uses the sessions that the system description gives it, and
 * ends by returning. Who needs more goes one layer down: lucid/kernel.h is every system call and every
 * operation of the kernel.
 *
 * Nothing here is for several threads: a component has one.
 */
#ifndef LUCID_H
#define LUCID_H

#include <stdarg.h>

#include <lucid/component.h>
#include <lucid/errors.h>
#include <lucid/kernel.h>

/* ---- Who am I ------------------------------------------------------------------------------------------ */

/* The component's name in the system description, that of the system, and the text of its key `args` (""
 * without). */
const char *component_name(void);
const char *component_system(void);
const char *component_arguments(void);

/* 1 at the first start, one more at each restart. */
unsigned component_generation(void);

/* The capability of the session that the description calls `name`, or CAP_NULL.
 * `supervisor` is always there. */
cap_t session_find(const char *name);

/* The same, for the first session with an interface ("Echo"). */
cap_t session_find_interface(const char *interface);

/* The same, for a session that must be there: without it the component ends with a message that says what to
 * add. */
cap_t use(const char *name);

/* The device of a kind (BUNDLE_DEVICE_*) that the description calls `name`, or NULL. */
const struct component_device *device_find(const char *name, unsigned kind);

/* The client that a message with this badge comes from, or NULL if there is none such. */
const struct component_client *client_find(word_t badge);

/* The clients that the description gives this component, in order: `index` from 0; NULL at the end. */
const struct component_client *client_at(unsigned index);

/* The text of a string of the component's information. */
const char *component_text(uint32_t offset);

/* ---- Text ---------------------------------------------------------------------------------------------- */

/*
 * Print. %s %c %d %i %u %x %X %p %%, with the sizes l, ll and z; with width (a number or *), a leading zero,
 * and - for left. The text goes to the session of the type Terminal (unchanged) or, without one, to that of
 * the type Log (line by line, with the component's name before each); without either to the supervisor. A
 * line goes out when it ends or is 480 bytes long.
 */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_list(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

/* Send out what has been printed of an unfinished line. */
void print_flush(void);

/* Format into a buffer of `size` bytes, always NUL-terminated. Returns the length the text would have without
 * a limit. */
size_t text_format(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
size_t text_format_list(char *buffer, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* The name of an error ("ERR_PEER_GONE") and its sentence. For any number; unknown ones get a text that says
 * so. */
const char *error_name(unsigned error);
const char *error_sentence(unsigned error);

/* Decimal, or hexadecimal with 0x. False, and nothing stored, if it is not exactly a number that fits. */
bool text_to_number(const char *text, uint64_t *number);

/* ---- The end ------------------------------------------------------------------------------------------- */

/* End the component. The supervisor takes back all it held, and starts it again if
 * the description says so. */
__attribute__((noreturn)) void exit(int code);

/* Say why, then stop with an illegal instruction, so that the supervisor reports the place. */
__attribute__((noreturn)) void panic(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define PANIC(...)        panic(__FILE__, __LINE__, __VA_ARGS__)
#define assert(condition) ((condition) ? (void)0 : panic(__FILE__, __LINE__, "not true: %s", #condition))

/* ---- Time ---------------------------------------------------------------------------------------------- */

/* Nanoseconds since the kernel started: what the kernel and the timer service count in. */
time_ns_t time_now_ns(void);

/* ns = ((counter - start) * multiplier) >> shift, as boot_info and component_info give them. The runtime
 * calls it. */
void time_init(uint64_t start, uint64_t multiplier, unsigned shift);

#define NS_PER_US ((time_ns_t)1000)
#define NS_PER_MS ((time_ns_t)1000000)
#define NS_PER_S  ((time_ns_t)1000000000)

/* ---- Memory -------------------------------------------------------------------------------------------- */

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);
char *strchr(const char *text, int c);

/* Copy a text into a buffer of `size` bytes (at least 1), cut off if need be, always NUL-terminated. */
void text_copy(char *to, size_t size, const char *from);

/* Memory from the component's heap, 16-byte aligned, not cleared (calloc: cleared); NULL if there is none
 * left. */
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void free(void *memory);

/* Give [start, start + size) to malloc. The runtime does so with the heap of the description. */
void heap_init(void *start, size_t size);

/* ---- Kernel objects ------------------------------------------------------------------------------------ */

/* An empty slot of the component's capability space, which grows out of its quota; CAP_NULL if that is used
 * up. */
cap_t slot_make(void);

/* Delete what the slot holds, if anything, and let the slot be used again. */
void slot_free(cap_t slot);

/* What the slot holds. */
error_t slot_inspect(cap_t slot, struct capability_info *info);

/* True if the slot holds a capability of the type. */
bool slot_holds(cap_t slot, unsigned type);

/* Take back what was given of the capability: children and theirs are deleted, whoever has them, and frames
 * among them unmapped. The capability stays. */
error_t slot_revoke(cap_t slot);

/* Make one kernel object out of the component's quota; CAP_NULL if it is used up. size_bits as for
 * untyped_retype. */
cap_t object_make(unsigned type, unsigned size_bits);

/* A child of the component's own notification with `badge` as its bits; CAP_NULL if there is no slot. */
cap_t signal_make(word_t badge);

/*
 * Map a frame of which at least `bytes` are needed, with `rights` (RIGHT_READ, RIGHT_WRITE, RIGHT_EXECUTE).
 * `*memory` is its beginning, NULL after an error. The frame may come from anybody: it is looked at first.
 *
 *   ERR_CAPABILITY   the slot is empty
 *   ERR_TYPE         it holds no frame, or one of a device
 *   ERR_RIGHT        the capability lacks some of `rights`
 *   ERR_RANGE        the frame is smaller
 *   ERR_MAPPED       the capability is mapped already
 *   ERR_MEMORY       there is no memory for a page table, or for what is to be remembered
 *
 * What is mapped is gone when the frame is: memory of another component lasts as long as that one. So who must
 * not depend on the other makes the memory and gives it (interface.h: give_child).
 */
error_t memory_map(cap_t frame, size_t bytes, word_t rights, void **memory);

/* Take it out of the address space again; the capability stays. */
void memory_unmap(void *memory);

/* ---- Sessions ------------------------------------------------------------------------------------------ */

/*
 * An interface, as its file interfaces/NAME.idl says it. The generated headers have one for each; nobody else
 * makes any. `digests[n - 1]` stands for all of its first n operations.
 */
struct interface {
    const char *name;
    unsigned version;
    unsigned operations;
    const uint64_t *digests;
};

/* The operation that every interface has: compare versions. See docs/interfaces.md. */
#define INTERFACE_OPEN 0u

/*
 * Ask the server of a session whether it speaks this interface. One that has more operations does, and one
 * that has fewer, too: what it lacks it refuses with ERR_OPERATION. `*version` is the server's, 0 if it did
 * not answer.
 *
 *   ERR_UNSUPPORTED   it has another version; or it has this one, with other operations
 */
error_t session_open(cap_t session, const struct interface *interface, unsigned *version);

/*
 * The session with this interface that the description calls `name`; NULL: the first that the description
 * has. If there is none, or if client and server are of different versions, the component ends with a message
 * that says what to do. A server that is gone is no reason: calls will say so.
 */
cap_t session_use(const struct interface *interface, const char *name);

/* ---- Servers ------------------------------------------------------------------------------------------- */

/*
 * A request as a server sees it, and its answer. Both are copies: a handler may make any calls in between.
 * What the client chose has been checked by the generated dispatcher before a handler is called.
 */
struct request {
    word_t badge;                /* whose session */
    word_t label;                /* the operation */
    unsigned words;              /* how many came */
    unsigned caps;               /* capabilities that came, */
    cap_t cap[MESSAGE_CAPS_MAX]; /* into these slots */
    unsigned answer_words;
    unsigned answer_caps;
    bool kept; /* the answer is given later: request_keep */
    word_t word[MESSAGE_WORDS_MAX];
    word_t answer[MESSAGE_WORDS_MAX];
    struct utcb_give give[MESSAGE_CAPS_MAX]; /* the answer's capabilities */
};

/* What a server does. Each may be NULL. */
struct server {
    error_t (*request)(struct request *request); /* its result is the label of the answer: NAME_dispatch */
    unsigned takes;                              /* the most capabilities that a request brings: NAME_TAKES */
    void (*signal)(word_t bits);                 /* of the component's notification */
    void (*closed)(word_t badge);                /* the client with this badge is gone: release what it had */
    void (*news)(void);                          /* the supervisor has other news */
};

/* Serve for ever: wait for requests and signals, answer. Returns only if the component provides nothing:
 * ERR_CAPABILITY. */
error_t serve(const struct server *server);

/*
 * In a handler: the capability that came into this slot stays there, and belongs to the server from now on
 * (slot_free). Those that are not taken are deleted when the handler returns. The result is the slot.
 */
cap_t request_take(struct request *request, cap_t slot);

/*
 * In a handler: answer later. The result is the Reply to give exactly once to the function NAME_reply of the
 * operation; CAP_NULL if the quota is used up, then answer now. The handler's result is ignored.
 */
cap_t request_keep(struct request *request);

/* Answer a kept request with a label and words; a client that is gone in the meantime does not matter. */
void reply_later(cap_t reply, error_t error, const word_t *words, unsigned count);

#include <lucid/interface.h>

#endif
