/* SPDX-License-Identifier: BSD-2-Clause */
/* See fuzz.h. TEST_SEED in the environment makes other messages. */
#include "fuzz.h"
#include <sanitizer/asan_interface.h>

int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int fflush(void *stream);
char *getenv(const char *name);
unsigned long strtoul(const char *text, char **end, int base);
__attribute__((noreturn)) void _exit(int status);

#define ROUNDS    200000u
#define OPERATION 256u

static struct utcb page;
struct utcb *message_page = &page;
const struct component_info *component_info;

static uint64_t state, seed = 1;
static const struct fuzzed *now;
static unsigned reached[OPERATION], refused[ERROR_COUNT];
static bool may, asked_may;
static volatile unsigned sink;

uint64_t fuzz_word(void)
{
    state += 0x9e3779b97f4a7c15u;
    uint64_t z = (state ^ state >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void fuzz_doubt(const char *file, int line, const char *condition)
{
    printf("FAIL %s: %s:%d: expected %s, seen that it is not so (TEST_SEED=%lu)\n", now->interface->name,
           file, line, condition, (unsigned long)seed);
    fflush(NULL);
    _exit(1);
}

void fuzz_handled(const struct request *request, unsigned operation)
{
    DOUBT(request->label == (now->interface->version << 8 | operation));
    DOUBT(!asked_may || may);
    reached[operation]++;
}

bool fuzz_may(unsigned right)
{
    (void)right;
    asked_may = true;
    return may;
}

void fuzz_read(const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        sink += ((const unsigned char *)data)[i];
}

void fuzz_fill(void *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)data)[i] = (unsigned char)fuzz_word();
}

error_t fuzz_result(void)
{
    return fuzz_word() % 4 ? OK : (error_t)(fuzz_word() % ERROR_COUNT);
}

void fuzz_give(struct utcb_give *give)
{
    *give = (struct utcb_give){ .source = fuzz_word(), .mode = GIVE_MOVE };
}

/* Half of them at a place where the dispatcher decides, or in several halves of a word. */
static uint64_t value_make(void)
{
    switch (fuzz_word() % 8) {
    case 0:
        return fuzz_word();
    case 1:
        return fuzz_word() >> fuzz_word() % 64;
    case 2:
        return (now->values[fuzz_word() % now->value_count] & UINT32_MAX) | fuzz_word() % 3 << 32;
    case 3:
    case 4:
        return fuzz_word() % 4;
    default:
        return now->values[fuzz_word() % now->value_count];
    }
}

static void request_make(struct request *request)
{
    memset(request, 0, sizeof *request);
    request->label = now->interface->version << 8 | (1 + fuzz_word() % now->interface->operations);
    if (fuzz_word() % 16 == 0)
        request->label = value_make();
    request->words = (unsigned)(fuzz_word() % 2 ? fuzz_word() % 8 : fuzz_word() % (MESSAGE_WORDS_MAX + 1));
    request->caps = (unsigned)(fuzz_word() % (MESSAGE_CAPS_MAX + 1));
    bool tame = fuzz_word() % 4 == 0; /* 1 is right in many places: for operations with many arguments */
    for (unsigned i = 0; i < request->words; i++)
        request->word[i] = tame && fuzz_word() % 8 ? 1 : value_make();
    for (unsigned i = 0; i < request->caps; i++)
        request->cap[i] = 1 + fuzz_word() % 64;
}

static void round_run(struct request *request)
{
    request_make(request);
    may = fuzz_word() % 2;
    asked_may = false;
    const word_t *rest = request->word + request->words;
    ASAN_POISON_MEMORY_REGION(rest, (MESSAGE_WORDS_MAX - request->words) * sizeof(word_t));
    error_t error = now->dispatch(request);
    ASAN_UNPOISON_MEMORY_REGION(rest, (MESSAGE_WORDS_MAX - request->words) * sizeof(word_t));
    DOUBT(request->answer_words <= MESSAGE_WORDS_MAX && request->answer_caps <= MESSAGE_CAPS_MAX);
    DOUBT(error == OK || request->label == INTERFACE_OPEN || request->answer_words == 0);
    if (error < ERROR_COUNT)
        refused[error]++;
}

int main(void)
{
    static struct request request;
    const char *chosen = getenv("TEST_SEED");
    unsigned missing = 0;
    if (chosen)
        seed = strtoul(chosen, NULL, 0);
    printf("TEST_SEED=%lu\n", (unsigned long)seed);
    for (unsigned i = 0; (now = fuzzed[i]); i++) {
        state = seed;
        memset(reached, 0, sizeof reached);
        for (unsigned round = 0; round < ROUNDS; round++)
            round_run(&request);
        unsigned missing_before = missing;
        for (unsigned operation = 1; operation <= now->interface->operations; operation++)
            if (reached[operation] == 0) {
                printf(
                    "FAIL %s: expected that operation %u is reached, seen that no message of %u was right\n",
                    now->interface->name, operation, ROUNDS);
                missing++;
            }
        if (missing == missing_before)
            printf("ok %s\n", now->interface->name);
    }
    fflush(NULL);
    return missing != 0 || refused[ERR_OPERATION] == 0;
}

error_t request_cap_check(const struct request *from, unsigned index, unsigned type, word_t rights)
{
    (void)type, (void)rights;
    if (index >= from->caps)
        return ERR_CAPABILITY;
    return from->cap[index] % 8 == 0 ? ERR_TYPE : OK;
}

error_t serve(const struct server *server)
{
    (void)server;
    return ERR_CAPABILITY;
}
