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

/* True if the slot holds a capability of the type. */
bool slot_holds(cap_t slot, unsigned type);

/* Make one kernel object out of the component's quota; CAP_NULL if it is used up. size_bits as for
 * untyped_retype. */
cap_t object_make(unsigned type, unsigned size_bits);

/* A child of the component's own notification with `badge` as its bits; CAP_NULL if there is no slot. */
cap_t signal_make(word_t badge);

/* ---- Servers and clients ------------------------------------------------------------------------------- */

/*
 * A request as a server sees it, and its answer. Both are copies: a handler may make any calls in between.
 * All of it was chosen by the client, so check it; words beyond those that came read as 0.
 */
struct request {
    word_t badge;   /* whose session */
    word_t label;   /* the operation */
    unsigned words; /* how many came */
    unsigned caps;  /* capabilities that came, in the slots named with server_take */
    unsigned answer_words;
    bool kept; /* the answer is given later: request_keep */
    word_t word[MESSAGE_WORDS_MAX];
    word_t answer[MESSAGE_WORDS_MAX];
};

static inline word_t request_word(const struct request *request, unsigned index)
{
    return index < request->words ? request->word[index] : 0;
}

static inline void answer_word(struct request *request, unsigned index, word_t value)
{
    if (index >= MESSAGE_WORDS_MAX)
        return;
    for (unsigned i = request->answer_words; i < index; i++)
        request->answer[i] = 0;
    request->answer[index] = value;
    if (request->answer_words <= index)
        request->answer_words = index + 1;
}

/*
 * Text in a message: `length` bytes from word `first` on, eight to a word. request_text takes out at most
 * `size - 1` bytes of those that really came and ends them with NUL; it returns their number.
 */
size_t request_text(const struct request *request, unsigned first, size_t length, char *buffer, size_t size);
void answer_text(struct request *request, unsigned first, const char *text, size_t length);

/* The most bytes of text in one message: 60 words. */
#define MESSAGE_TEXT_MAX 480u

/* What a server does. Each may be NULL. */
struct server {
    error_t (*request)(struct request *request); /* its result is the label of the answer */
    void (*signal)(word_t bits);                 /* of the component's notification */
    void (*closed)(word_t badge);                /* the client with this badge is gone: release what it had */
    void (*news)(void);                          /* the supervisor has other news */
};

/* Serve for ever: wait for requests and signals, answer. Returns only if the component provides nothing:
 * ERR_CAPABILITY. */
error_t serve(const struct server *server);

/* The next request's capabilities shall go into these slots (empty ones), at most MESSAGE_CAPS_MAX; 0 takes
 * none. */
void server_take(const cap_t *slots, unsigned count);

/*
 * In a request handler: answer later. The result is the Reply to give to reply_later exactly once; CAP_NULL
 * if the quota is used up, then answer now. The handler's result is ignored.
 */
cap_t request_keep(struct request *request);

/* Answer a kept request with a label and up to four words; a client that is gone in the meantime does not
 * matter. */
void reply_later(cap_t reply, error_t error, const word_t *words, unsigned count);

/* The same with text: word 0 is its length, the bytes follow (at most MESSAGE_TEXT_MAX). */
void reply_later_text(cap_t reply, error_t error, const char *text, size_t length);

/*
 * Call a server: the label of `message` is the operation. OK if it was answered, with OK, in at least
 * `expected` words. Otherwise the error of the system call, the server's own, or ERR_TRUNCATED.
 */
error_t client_call(cap_t server, struct message *message, unsigned expected);

/* Give the capability at `source` with the message that is being put together, as number `index`: a copy, or
 * a child with fewer rights. tag_make must count it. */
void message_give(unsigned index, cap_t source, word_t mode, word_t rights);

/* The answer's capability number `index` shall go into this (empty) slot. */
void message_take(unsigned index, cap_t slot);

/* Words of text, from word `first` of a message that is being put together. */
void message_text(struct message *message, unsigned first, const char *text, size_t length);

/* The opposite: take `length` bytes of text out of a message that was received. It must be that long. */
void message_copy_text(const struct message *message, unsigned first, char *text, size_t length);

/* Call a server with text: word 0 is its length (at most MESSAGE_TEXT_MAX), the bytes follow. Errors as
 * client_call. */
error_t text_send(cap_t server, word_t operation, const char *text, size_t length);

/* How many words `length` bytes take. */
static inline unsigned text_words(size_t length)
{
    return (unsigned)((length + sizeof(word_t) - 1) / sizeof(word_t));
}

#endif
