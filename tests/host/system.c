/* SPDX-License-Identifier: BSD-2-Clause */
/* See system.h. */
#include "system.h"
#include <string.h>

struct boot_info *info;
cap_t memory;
bool system_check_off;

static cap_t next_slot;
static cap_t wake_notification, wake_handler;
static struct thread *root;
static cap_t favourite;
static unsigned favourite_priority;

/* ---- Image */

/* Bit by bit, so that it shares no mistake with the kernel's. */
static uint32_t crc32_slow(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint32_t crc = ~0u;

    for (size_t i = 0; i < size; i++)
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (((crc ^ bytes[i] >> bit) & 1) ? 0xedb88320u : 0);
    return ~crc;
}

void image_seal(struct image_header *image)
{
    size_t behind = image->size > IMAGE_PAGE ? (size_t)image->size - IMAGE_PAGE : 0;

    image->payload_crc = crc32_slow((char *)image + IMAGE_PAGE, behind);
    image->header_crc = 0;
    image->header_crc = crc32_slow(image, sizeof(*image));
}

static void put_symbols(char *where)
{
    struct image_symbols *symbols = (struct image_symbols *)where;

    symbols->count = 2;
    symbols->symbol[0] = (struct image_symbol){ 0x1000, 64, 0x10 };
    symbols->symbol[1] = (struct image_symbol){ 0x2000, 70, 0 };
    strcpy(where + 64, "first");
    strcpy(where + 70, "second");
}

struct image_header *image_default(void)
{
    struct image_header *image = arch_pointer(IMAGE_AT);

    memset(image, 0, 7 * IMAGE_PAGE);
    memset((char *)image + IMAGE_PAGE, 0x11, 3 * IMAGE_PAGE);
    put_symbols((char *)image + 4 * IMAGE_PAGE);
    memset((char *)image + 5 * IMAGE_PAGE, 0x22, 2 * IMAGE_PAGE);
    *image = (struct image_header){
        .magic = IMAGE_MAGIC,
        .abi_version = LUCID_ABI_VERSION,
        .size = 7 * IMAGE_PAGE,
        .segment_count = 2,
        .entry = IMAGE_SEGMENT,
        .symbols = 4 * IMAGE_PAGE,
        .symbols_size = 80,
        .bundle = 5 * IMAGE_PAGE,
        .bundle_size = 2 * IMAGE_PAGE,
        .system = "host",
        .version = "test",
        .segment = { { IMAGE_SEGMENT, IMAGE_PAGE, 2 * IMAGE_PAGE, 2 * IMAGE_PAGE, RIGHT_READ | RIGHT_EXECUTE,
                       0 },
                     { IMAGE_SEGMENT + 0x100000, 3 * IMAGE_PAGE, 100, 3 * IMAGE_PAGE,
                       RIGHT_READ | RIGHT_WRITE, 0 } },
    };
    image_seal(image);
    return image;
}

struct boot_machine *machine_default(void)
{
    static struct boot_machine machine;

    machine = (struct boot_machine){
        .memory_count = 2,
        .memory = { { 1u << 20, IMAGE_AT }, { IMAGE_AT + (1u << 20), HOST_MEMORY_SIZE } },
        .reserved_count = 1,
        .reserved = { { 0, 1u << 20 } },
        .physical_end = HOST_PHYSICAL_END,
        .payload = arch_pointer(IMAGE_AT),
        .payload_room = 1u << 20,
        .features = BOOT_FEATURE_FPU | BOOT_FEATURE_TAGS,
        .console = { .kind = BOOT_CONSOLE_16550_PORTS, .address = 0x3f8 },
        .cores = CONFIG_CORES,
        .machine = "host",
    };
    return &machine;
}

static void boot(void *machine)
{
    kernel_boot(machine);
}

enum host_end system_try_boot(const struct boot_machine *machine)
{
    return host_run(boot, (void *)(uintptr_t)machine);
}

static struct boot_info *find_info(void)
{
    word_t access = FAULT_ACCESS_READ;
    paddr_t physical;

    EXPECT(host_translate(arch_register_read(&root->context, REGISTER_ARGUMENT), &access, &physical));
    return arch_pointer(physical);
}

static cap_t find_memory(void)
{
    for (unsigned i = 0; i < info->untyped_count; i++)
        if (info->untyped[i].flags == 0 && info->untyped[i].size_bits == 22)
            return info->untyped[i].slot;
    test_fails(__FILE__, __LINE__, "expected 4 MiB of memory, seen none");
}

void system_boot(void)
{
    image_default();
    EXPECT_EQ(system_try_boot(machine_default()), HOST_LEFT);
    root = current();
    EXPECT(root != NULL);
    info = find_info();
    next_slot = info->first_free_slot;
    memory = find_memory();
    DO(memory, OP_UNTYPED_RESET, 0);
    wake_notification = make(OBJECT_NOTIFICATION, 0);
    wake_handler = make_numbered(OBJECT_IRQ_HANDLER, BOOT_SLOT_IRQ_RANGE, WAKE_LINE);
    DO(wake_handler, OP_IRQ_HANDLER_BIND, mint(wake_notification, RIGHT_WRITE, 1));
}

/* ---- System calls */

struct outcome outcome_of(const struct thread *thread)
{
    struct outcome outcome = { .thread = (struct thread *)(uintptr_t)thread };
    const word_t *registers = thread->context.registers;

    outcome.returned =
        thread->state == THREAD_STATE_RUNNABLE && !thread->context.at_syscall && thread->fault == FAULT_NONE;
    outcome.status = registers[REGISTER_A0];
    outcome.badge = registers[REGISTER_A1];
    outcome.tag = registers[REGISTER_A2];
    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++)
        outcome.word[i] = registers[REGISTER_W0 + i];
    for (unsigned i = MESSAGE_REGISTER_WORDS; thread->utcb && i < MESSAGE_WORDS_MAX; i++)
        outcome.word[i] = thread->utcb->words[i];
    return outcome;
}

static void set_arguments(struct thread *thread, word_t operation, cap_t cap, cap_t reply, tag_t tag,
                          const word_t *words)
{
    EXPECT(thread != NULL);
    word_t *registers = thread->context.registers;
    registers[REGISTER_A0] = operation;
    registers[REGISTER_A1] = cap;
    registers[REGISTER_A2] = tag;
    registers[REGISTER_A3] = reply;
    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++)
        registers[REGISTER_W0 + i] = words[i];
    for (unsigned i = MESSAGE_REGISTER_WORDS; thread->utcb && i < tag_words(tag) && i < MESSAGE_WORDS_MAX;
         i++)
        thread->utcb->words[i] = words[i];
}

struct outcome sys(word_t operation, cap_t cap, cap_t reply, tag_t tag, const word_t *words)
{
    struct thread *thread = current();

    set_arguments(thread, operation, cap, reply, tag, words);
    host_syscall();
    if (!system_check_off)
        system_check();
    return outcome_of(thread);
}

uint64_t long_at(const struct outcome *outcome, unsigned word)
{
    uint64_t value = outcome->word[word];
    return LONG_WORDS == 1 ? value : value | (uint64_t)outcome->word[word + LONG_WORDS - 1] << 32;
}

struct outcome sys_once(word_t operation, cap_t cap, cap_t reply, tag_t tag, const word_t *words)
{
    struct thread *thread = current();

    set_arguments(thread, operation, cap, reply, tag, words);
    host_syscall_once();
    if (!system_check_off)
        system_check();
    return outcome_of(thread);
}

/* ---- Objects */

cap_t slot_new(void)
{
    return next_slot++;
}

struct slot *slot_at(cap_t address)
{
    return &root->cnode[address];
}

void *object_at(cap_t address)
{
    return cap_pointer(&slot_at(address)->cap);
}

cap_t make_from(cap_t untyped, unsigned type, unsigned size_bits)
{
    cap_t slot = slot_new();

    DO(untyped, OP_UNTYPED_RETYPE, type, size_bits, 0, slot, 1, 0, 0);
    return slot;
}

cap_t make(unsigned type, unsigned size_bits)
{
    return make_from(memory, type, size_bits);
}

cap_t make_numbered(unsigned type, cap_t range, unsigned number)
{
    cap_t slot = slot_new();

    DO(memory, OP_UNTYPED_RETYPE, type, 0, 0, slot, 1, range, number);
    return slot;
}

cap_t mint(cap_t source, word_t rights, word_t badge)
{
    cap_t slot = slot_new();

    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, slot, source, rights, badge, 0);
    return slot;
}

cap_t copy(cap_t source)
{
    cap_t slot = slot_new();

    DO(BOOT_SLOT_CNODE, OP_CNODE_COPY, slot, source);
    return slot;
}

void delete (cap_t address)
{
    DO(BOOT_SLOT_CNODE, OP_CNODE_DELETE, address);
}

void revoke(cap_t address)
{
    DO(BOOT_SLOT_CNODE, OP_CNODE_REVOKE, address);
}

cap_t make_passive(unsigned priority)
{
    cap_t thread = make(OBJECT_THREAD, 0), frame = make(OBJECT_FRAME, FRAME_SIZE_4K);

    DO(thread, OP_THREAD_CONFIGURE, THREAD_SET_CNODE | THREAD_SET_SPACE | THREAD_SET_MESSAGE, BOOT_SLOT_CNODE,
       BOOT_SLOT_SPACE, frame, 0, 0, 0, 0);
    DO(thread, OP_THREAD_SET_PRIORITY, priority, PRIORITY_MAX);
    DO(thread, OP_THREAD_WRITE_REGISTERS, REGISTER_IP, THREAD_IP);
    return thread;
}

void set_budget(cap_t sc, uint64_t budget_ns, uint64_t period_ns, word_t badge)
{
    DO(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_BUDGET, sc, 0, AS_LONG(budget_ns), AS_LONG(period_ns), badge);
}

cap_t make_thread(unsigned priority)
{
    cap_t thread = make_passive(priority), sc = make(OBJECT_SCHED_CONTEXT, SCHED_CONTEXT_BITS_MIN);

    EXPECT_EQ(sc, SC_OF(thread));
    set_budget(sc, SLICE_NS, SLICE_NS, 0);
    DO(sc, OP_SCHED_CONTEXT_BIND, thread);
    return thread;
}

void resume(cap_t thread)
{
    DO(thread, OP_THREAD_RESUME);
}

void set_fault_handler(cap_t thread, cap_t endpoint)
{
    DO(thread, OP_THREAD_CONFIGURE, THREAD_SET_FAULT, 0, 0, 0, 0, endpoint, 0, 0);
}

void set_timeout_handler(cap_t thread, cap_t endpoint)
{
    DO(thread, OP_THREAD_CONFIGURE, THREAD_SET_TIMEOUT, 0, 0, 0, 0, 0, endpoint, 0);
}

/* ---- Who runs */

struct thread *root_thread(void)
{
    return root;
}

void root_sleep(void)
{
    EXPECT(current() == root);
    RECV(wake_notification, 0);
    EXPECT(current() != root);
}

void root_wake(void)
{
    host_interrupt(WAKE_LINE);
    EXPECT(current() == root);
    EXPECT_EQ(root->context.registers[REGISTER_A0], STATUS_SIGNAL);
    DO(wake_handler, OP_IRQ_HANDLER_ACKNOWLEDGE);
}

void run(cap_t thread)
{
    if (current() == thread_at(thread))
        return;
    if (current() != root)
        root_wake();
    if (favourite && !slot_is_empty(slot_at(favourite)))
        DO(favourite, OP_THREAD_SET_PRIORITY, favourite_priority, PRIORITY_MAX);
    favourite = thread;
    favourite_priority = thread_priority(thread_at(thread));
    DO(thread, OP_THREAD_SET_PRIORITY, RUN_PRIORITY, PRIORITY_MAX);
    root_sleep();
    EXPECT(current() == thread_at(thread));
}

/* ---- Checking: what always holds */

static void check_context(const struct sched_context *sc)
{
    ticks_t sum = 0;

    for (unsigned i = 0; i < sc->count; i++)
        sum += sc->refills[(sc->head + i) % sc->max].amount;
    EXPECT_EQ(sum, sc->budget);
}

static void check_current(const struct core *core)
{
    const struct thread *thread = core->current;

    EXPECT(!core->reschedule);
    if (!thread) {
        EXPECT_EQ(ready_highest(core), -1);
        EXPECT(core->context == NULL);
        return;
    }
    EXPECT_EQ(thread->state, THREAD_STATE_RUNNABLE);
    EXPECT_EQ(thread->fault, FAULT_NONE);
    EXPECT(!thread->ready);
    EXPECT(thread->sc && thread->sc == core->context && thread->sc->thread == thread);
    EXPECT(!thread->sc->replenish_node.queued);
    EXPECT(thread->space == core->space);
    EXPECT((int)thread_priority(thread) >= ready_highest(core));
    EXPECT_EQ(core->fpu_on, thread == core->fpu_owner);
    check_context(thread->sc);
}

void system_check(void)
{
    struct check_report report;

    check_current(core_self());
    if (!kernel_check(&report))
        test_fails(__FILE__, __LINE__,
                   "expected that all invariants hold, seen that this one does not: %s (%p, %p)",
                   report.invariant, report.object, report.other);
    word_t address;
    if (!host_tlb_is_coherent(&address))
        test_fails(__FILE__, __LINE__,
                   "expected that the TLB has what the page tables have, seen that it does not, for %#llx",
                   (unsigned long long)address);
}
