/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens seldom, and no other file is about: ends of ranges, last capabilities, damage, the largest sizes. */
#include "symbols.h"
#include "system.h"
#include <string.h>

#define AT ((word_t)0x40000000)

/* ---- Printing and panic */

TEST(print_ends_at_a_percent_sign_at_the_end)
{
    const char *volatile format = "half%";

    print(format, 1);
    EXPECT_TEXT(host.console, "half");
    EXPECT_EQ(host.console_size, 4);
}

static void do_panic(void *argument)
{
    (void)argument;
    PANIC("once");
}

TEST(panic_while_it_is_reported_stops_at_once)
{
    EXPECT_EQ(host_run(do_panic, NULL), HOST_HALTED);
    unsigned printed = host.console_size;
    EXPECT_EQ(host_run(do_panic, NULL), HOST_HALTED);
    EXPECT_EQ(host.console_size, printed);
    EXPECT_EQ(host_halt_status, 1);
}

TEST(symbols_that_were_overwritten_have_no_name)
{
    static struct {
        uint64_t count;
        struct image_symbol symbol[1];
        char names[8];
    } table = { 1, { { 0x1000, 24, 0 } }, "name" };
    word_t offset;

    symbols_init(&table, sizeof(table));
    EXPECT_TEXT(symbol_name(0x1004, &offset), "name");
    memset(table.names, 'x', sizeof(table.names));
    EXPECT(symbol_name(0x1004, &offset) == NULL);
}

/* ---- Boot */

TEST(boot_cuts_off_a_long_name_of_the_machine)
{
    struct boot_machine *machine = machine_default();

    image_default();
    machine->machine = "a machine with a name of more than 31 characters";
    EXPECT_EQ(system_try_boot(machine), HOST_LEFT);
    EXPECT_TEXT(host.console, "of more than 31 characters");
    const char *cut = "a machine with a name of more t";
    for (size_t i = 0; i < HOST_MEMORY_SIZE; i += PAGE_SIZE) {
        const struct boot_info *page = arch_pointer(i);
        if (page->magic == BOOT_INFO_MAGIC) {
            EXPECT_EQ(strlen(page->machine), 31);
            EXPECT_TEXT(page->machine, cut);
            return;
        }
    }
    test_fails(__FILE__, __LINE__, "expected a boot_info, seen none");
}

/* The smallest piece of memory that holds the root component is taken, wherever it stands in the list. */
TEST(boot_takes_the_smallest_piece_of_memory_that_fits)
{
    struct boot_machine *machine = machine_default();

    image_default();
    machine->memory_count = 4;
    machine->memory[0] = (struct boot_region){ 1u << 20, (1u << 20) + 3 * PAGE_SIZE }; /* too small */
    machine->memory[1] = (struct boot_region){ 2u << 20, IMAGE_AT };
    machine->memory[2] = (struct boot_region){ 20u << 20, 24u << 20 }; /* this one */
    machine->memory[3] = (struct boot_region){ 30u << 20, HOST_MEMORY_SIZE };
    EXPECT_EQ(system_try_boot(machine), HOST_LEFT);
    paddr_t root = arch_physical(current());
    EXPECT(root >= 20u << 20 && root < 24u << 20);
    system_check();
}

static void expect_truncated(uint64_t size)
{
    struct image_header *image = image_default();

    image->size = size;
    image_seal(image);
    EXPECT_EQ(system_try_boot(machine_default()), HOST_HALTED);
    EXPECT_TEXT(host.console, "the image is truncated");
}

TEST(boot_refuses_an_image_of_no_size)
{
    expect_truncated(0);
}

TEST(boot_refuses_an_image_of_part_pages)
{
    expect_truncated(6 * IMAGE_PAGE + 1);
}

TEST(boot_refuses_a_bundle_that_begins_behind_the_image)
{
    struct image_header *image = image_default();

    image->bundle = 100 * IMAGE_PAGE;
    image_seal(image);
    EXPECT_EQ(system_try_boot(machine_default()), HOST_HALTED);
    EXPECT_TEXT(host.console, "the bundle lies outside of the image");
}

/* ---- Time */

static void start_clock(void *argument)
{
    (void)argument;
    time_init();
}

TEST(time_refuses_frequencies_that_are_too_high)
{
    host.ticks_hz = 64000000000ull;
    EXPECT_EQ(host_run(start_clock, NULL), HOST_HALTED);
    EXPECT_TEXT(host.console, "the counter's frequency cannot be 64000000000 Hz");
}

/* ---- What is in a slot */

static struct outcome inspect(cap_t slot)
{
    return CALL(BOOT_SLOT_CNODE, OP_CNODE_INSPECT, slot);
}

TEST(inspect_tells_sizes_and_no_addresses_of_what_is_not_mapped)
{
    system_boot();
    cap_t table = make(OBJECT_PAGE_TABLE, 0), frame = make(OBJECT_FRAME, FRAME_SIZE_4K);
    cap_t context = make(OBJECT_SCHED_CONTEXT, 9), endpoint = make(OBJECT_ENDPOINT, 0);
    EXPECT_EQ(inspect(table).word[0], OBJECT_PAGE_TABLE);
    EXPECT_EQ(inspect(table).word[2], 0);
    EXPECT_EQ(inspect(frame).word[2], 0);
    EXPECT_EQ(inspect(frame).word[2 + LONG_WORDS], FRAME_SIZE_4K);
    EXPECT_EQ(inspect(context).word[2 + LONG_WORDS], 9);
    EXPECT_EQ(inspect(mint(endpoint, RIGHT_WRITE, 77)).word[2], 77);
}

/* ---- Destroying */

TEST(large_cnode_with_one_capability_is_destroyed_in_steps)
{
    system_boot();
    cap_t cnode = make(OBJECT_CNODE, 9), endpoint = make(OBJECT_ENDPOINT, 0);
    DO(cnode, OP_CNODE_COPY, 1, endpoint);
    host.pending_every = 1; /* a look at 64 empty slots is a step */
    unsigned polls = host.pending_polls;
    delete (cnode);
    EXPECT(host.pending_polls - polls >= 512 / 64 - 1); /* between them */
    EXPECT(slot_is_empty(slot_at(cnode)));
    revoke(memory);
}

TEST(reply_destroyed_while_armed_leaves_its_receiver_waiting)
{
    system_boot();
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    cap_t server = make_thread(100), client = make_thread(90);
    resume(server);
    resume(client);
    run(server);
    RECV(endpoint, reply);
    run(client);
    root_wake();
    delete (reply);
    EXPECT_EQ(thread_at(server)->state, THREAD_STATE_RECEIVING);
    EXPECT(thread_at(server)->reply == NULL);
    run(client);
    EXPECT_ERROR(CALL(endpoint, 1).status, ERR_PEER_GONE, 0); /* nobody can answer */
}

/* ---- Last capabilities that must not go by the way */

static cap_t bind_and_drop(cap_t handler, cap_t notification)
{
    if (handler == BOOT_SLOT_CORE_RANGE)
        DO(handler, OP_CORE_RANGE_BIND_TIMER, 0, notification);
    else
        DO(handler, OP_IRQ_HANDLER_BIND, notification);
    DO(BOOT_SLOT_CNODE, OP_CNODE_DELETE, notification);
    return make(OBJECT_NOTIFICATION, 0);
}

TEST(interrupt_handler_with_the_last_capability_to_its_notification_keeps_it)
{
    system_boot();
    cap_t handler = make_numbered(OBJECT_IRQ_HANDLER, BOOT_SLOT_IRQ_RANGE, 9);
    cap_t other = bind_and_drop(handler, make(OBJECT_NOTIFICATION, 0));
    EXPECT_ERROR(CALL(handler, OP_IRQ_HANDLER_BIND, other).status, ERR_STATE, 0);
    EXPECT_ERROR(CALL(handler, OP_IRQ_HANDLER_BIND, 0).status, ERR_STATE, 0);
}

TEST(user_timer_with_the_last_capability_to_its_notification_keeps_it)
{
    system_boot();
    cap_t other = bind_and_drop(BOOT_SLOT_CORE_RANGE, make(OBJECT_NOTIFICATION, 0));
    EXPECT_ERROR(CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_BIND_TIMER, 0, other).status, ERR_STATE, 0);
    EXPECT_ERROR(CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_BIND_TIMER, 0, 0).status, ERR_STATE, 0);
    revoke(memory); /* with it, the timer's is gone */
    EXPECT(slot_is_empty(&core_self()->timer_slot));
}

/* ---- Frames */

static cap_t device_untyped(unsigned size_bits)
{
    for (unsigned i = 0; i < info->untyped_count; i++)
        if ((info->untyped[i].flags & BOOT_UNTYPED_DEVICE) && info->untyped[i].size_bits >= size_bits)
            return info->untyped[i].slot;
    test_fails(__FILE__, __LINE__, "expected device memory of 2^%u bytes, seen none", size_bits);
}

static void make_table(word_t address)
{
    DO(BOOT_SLOT_SPACE, OP_ADDRESS_SPACE_MAP_TABLE, make(OBJECT_PAGE_TABLE, 0), address);
}

TEST(device_frames_are_not_cleaned_and_hold_no_code)
{
    system_boot();
    cap_t frame = make_from(device_untyped(12), OBJECT_FRAME, FRAME_SIZE_4K);
    EXPECT_ERROR(CALL(frame, OP_FRAME_CLEAN, 0, 64).status, ERR_TYPE, 0);
    EXPECT_ERROR(CALL(frame, OP_FRAME_INVALIDATE, 0, 64).status, ERR_TYPE, 0);
    unsigned syncs = host.code_syncs;
    while (status_error(
               CALL(BOOT_SLOT_SPACE, OP_ADDRESS_SPACE_MAP, frame, AT, RIGHTS_ALL, MAP_CACHE_OFF).status) ==
           ERR_TABLE)
        make_table(AT);
    EXPECT_EQ(host.code_syncs, syncs); /* nothing to synchronise instruction caches with */
    EXPECT_EQ(CALL(frame, OP_FRAME_INFO).word[3], AT);
}

TEST(frame_of_a_gibibyte_is_mapped_by_one_entry)
{
    system_boot();
    cap_t frame = make_from(device_untyped(FRAME_SIZE_1G), OBJECT_FRAME, FRAME_SIZE_1G);
    EXPECT_EQ(CALL(frame, OP_FRAME_INFO).word[1], FRAME_SIZE_1G);
    word_t address = (word_t)1 << arch_level_bits(ARCH_TABLE_LEVELS - 1); /* where no tables are */
    if (ARCH_TABLE_LEVELS > 3) { /* else the entry is in the root table */
        struct outcome missing =
            CALL(BOOT_SLOT_SPACE, OP_ADDRESS_SPACE_MAP, frame, address, RIGHT_READ, MAP_CACHE_OFF);
        EXPECT_ERROR(missing.status, ERR_TABLE, 2);
        EXPECT_EQ(missing.word[0], 2);
        make_table(address);
    }
    DO(BOOT_SLOT_SPACE, OP_ADDRESS_SPACE_MAP, frame, address, RIGHT_READ, MAP_CACHE_OFF);
    word_t access = FAULT_ACCESS_READ;
    paddr_t physical;
    EXPECT(host_translate(address + 0x12345678, &access, &physical));
    EXPECT_EQ(physical, CALL(frame, OP_FRAME_INFO).word[0] + 0x12345678);
}

TEST(frame_mapped_in_one_space_is_not_mapped_in_another)
{
    system_boot();
    cap_t space = make_numbered(OBJECT_ADDRESS_SPACE, BOOT_SLOT_ASID_RANGE, 30);
    EXPECT_ERROR(
        CALL(space, OP_ADDRESS_SPACE_MAP, BOOT_SLOT_MESSAGE_FRAME, info->message_page, RIGHT_READ, 0).status,
        ERR_MAPPED, 1);
}

/* ---- CPU time */

TEST(context_that_is_lent_is_lent_to_nobody_else)
{
    system_boot();
    cap_t a = make_passive(100), b = make_passive(100);
    cap_t one = make(OBJECT_SCHED_CONTEXT, 8), two = make(OBJECT_SCHED_CONTEXT, 8);
    set_budget(one, SLICE_NS, SLICE_NS, 0);
    set_budget(two, SLICE_NS, SLICE_NS, 0);
    DO(one, OP_SCHED_CONTEXT_LEND, a);
    EXPECT_ERROR(CALL(two, OP_SCHED_CONTEXT_LEND, a).status, ERR_BUSY, 1);
    EXPECT_ERROR(CALL(one, OP_SCHED_CONTEXT_LEND, b).status, ERR_BUSY, 0);
    EXPECT_ERROR(CALL(one, OP_SCHED_CONTEXT_BIND, b).status, ERR_BUSY, 0);
    EXPECT(((struct sched_context *)object_at(two))->thread == NULL);
}

TEST(budget_of_the_running_context_can_be_set)
{
    system_boot();
    set_budget(BOOT_SLOT_SCHED_CONTEXT, 2 * SLICE_NS, 10 * SLICE_NS, 9);
    EXPECT(current() == root_thread());
    EXPECT_EQ(CALL(BOOT_SLOT_SCHED_CONTEXT, OP_SCHED_CONTEXT_INFO).word[LONG_WORDS], 2 * SLICE_NS);
}

/* A server waits for the next message, with the time of a client whom it has not answered; that time is taken away. */
TEST(idle_server_does_not_miss_the_time_that_is_taken_from_it)
{
    system_boot();
    cap_t door = make(OBJECT_ENDPOINT, 0), other_door = make(OBJECT_ENDPOINT, 0),
          reply = make(OBJECT_REPLY, 0);
    cap_t server = make_passive(120), client = make_thread(100), idler = make_thread(50),
          lent = make(OBJECT_SCHED_CONTEXT, 8);
    set_budget(lent, SLICE_NS, SLICE_NS, 0);
    DO(lent, OP_SCHED_CONTEXT_LEND, server);
    resume(server);
    resume(client);
    resume(idler);
    run(server);
    RECV(door, reply);
    run(client);
    CALL(door, 1); /* the server runs, on the client's time */
    EXPECT(current() == thread_at(server));
    EXPECT(!RECV(other_door, 0).returned);
    root_wake();
    EXPECT(thread_at(server)->sc == object_at(SC_OF(client)));
    DO(SC_OF(client), OP_SCHED_CONTEXT_UNBIND);
    EXPECT(thread_at(server)->sc == NULL);
    EXPECT_EQ(thread_at(server)->state, THREAD_STATE_RECEIVING);
    EXPECT_EQ(thread_at(server)->lacks_context, LACKS_NOTHING);
}

/* ---- Messages of threads without a page */

TEST(capabilities_of_a_sender_without_a_message_page_are_left_out)
{
    system_boot();
    cap_t door = make(OBJECT_ENDPOINT, 0), a = make_thread(100), b = make_thread(101);
    DO(a, OP_THREAD_CONFIGURE, THREAD_SET_MESSAGE, 0, 0, 0, 0, 0, 0, 0);
    resume(a);
    resume(b);
    run(b);
    RECV(door, 0);
    run(a);
    EXPECT_ERROR(sys(SYS_SEND, door, 0, tag_make(2, 1, 1), WORDS(8)).status, ERR_TRUNCATED, 0);
    EXPECT_EQ(outcome_of(thread_at(b)).tag, tag_make(2, 1, 0));
    EXPECT_EQ(outcome_of(thread_at(b)).word[0], 8);
}

/* ---- FPU of a processor that leaks it */

static void use_fpu(cap_t thread, word_t expected, word_t value)
{
    run(thread);
    word_t *registers = host_fpu();
    EXPECT(registers != NULL);
    EXPECT_EQ(registers[0], expected);
    registers[0] = value;
}

TEST(fpu_state_is_not_left_in_the_registers_where_others_could_see_it)
{
    system_boot();
    host.fpu_leaks = true;
    cap_t a = make_thread(100), b = make_thread(100);
    resume(a);
    resume(b);
    DO(a, OP_THREAD_SET_ATTRIBUTES, THREAD_FPU, THREAD_FPU);
    DO(b, OP_THREAD_SET_ATTRIBUTES, THREAD_FPU, THREAD_FPU);
    use_fpu(a, 0, 0x1234);
    run(b);
    EXPECT(core_self()->fpu_owner == NULL);
    EXPECT(!host.core.fpu_on);
    EXPECT_EQ(host.core.fpu[0], 0); /* nothing of a's is there */
    use_fpu(b, 0, 0x5678);
    use_fpu(a, 0x1234, 1);
    DO(BOOT_SLOT_CNODE, OP_CNODE_INSPECT, 1); /* a itself goes on: it is still the owner */
    EXPECT(core_self()->fpu_owner == thread_at(a));
    use_fpu(b, 0x5678, 2);
    CALL(b, OP_THREAD_SET_ATTRIBUTES, THREAD_FPU, 0);
    EXPECT_EQ(host.core.fpu[0], 0);
}

/* ---- Debug calls */

static void debug_check(void *argument)
{
    (void)argument;
    sys(SYS_DEBUG, DEBUG_CHECK, 0, 0, WORDS());
}

TEST(debug_check_names_what_does_not_hold)
{
    system_boot();
    struct sched_context *sc = object_at(BOOT_SLOT_SCHED_CONTEXT);
    sc->refills[sc->head].amount += 12345;
    EXPECT_EQ(host_run(debug_check, NULL), HOST_HALTED);
    EXPECT_TEXT(host.console, "invariant does not hold: ");
}

TEST(debug_name_takes_printable_characters)
{
    system_boot();
    cap_t thread = make_thread(100);
    memset(thread_at(thread)->name, 'x', sizeof(thread_at(thread)->name) - 1);
    EXPECT_OK(sys(SYS_DEBUG, DEBUG_NAME, 0, thread, WORDS(0x0a6261, 0, 0, 0)).status);
    EXPECT_TEXT(thread_at(thread)->name, "ab");
    EXPECT_EQ(strlen(thread_at(thread)->name), 2);
    for (unsigned i = 3; i < sizeof(thread_at(thread)->name); i++)
        EXPECT_EQ(thread_at(thread)->name[i], 0);
    EXPECT_OK(sys(SYS_DEBUG, DEBUG_NAME, 0, thread, WORDS(0xff7f7e20, 0, 0, 0)).status);
    EXPECT_EQ(strlen(thread_at(thread)->name), 2); /* ' ' and '~'; what is behind them is not printable */
}

/* ---- Consequences that are put off */

#define FAULTING 14u

static cap_t faulting[FAULTING];

/* Threads that wait with a fault for a handler whose endpoint goes, with all capabilities to it, in one entry: they are to stop, which the
 * kernel does a few at a time. */
static void make_deferred(void)
{
    system_boot();
    cap_t part = make(OBJECT_UNTYPED, 12), door = make_from(part, OBJECT_ENDPOINT, 0);
    for (unsigned i = 0; i < FAULTING; i++) {
        faulting[i] = make_thread(100);
        set_fault_handler(faulting[i], door);
        resume(faulting[i]);
        run(faulting[i]);
        EXPECT(host_access(0x50000000, FAULT_ACCESS_READ) == NULL);
        EXPECT_EQ(thread_at(faulting[i])->state, THREAD_STATE_SENDING);
        if (current() != root_thread())
            root_wake();
    }
    sys_once(SYS_CALL, BOOT_SLOT_CNODE, 0, tag_make(OP_CNODE_REVOKE, 1, 0), WORDS(part));
    EXPECT(core_self()->deferred.first != NULL);
}

/* One that is still put off, from the end of the list if it is to be the last. */
static cap_t a_deferred_one(bool last)
{
    const struct thread *wanted = last ? core_self()->deferred.last : core_self()->deferred.first;

    for (unsigned i = 0; i < FAULTING; i++)
        if (thread_at(faulting[i]) == wanted)
            return faulting[i];
    test_fails(__FILE__, __LINE__, "expected one of the threads, seen another");
}

static struct outcome once(cap_t cap, word_t operation, unsigned words, word_t word)
{
    return sys_once(SYS_CALL, cap, 0, tag_make(operation, words, 0), WORDS(word));
}

static void expect_all_stopped(void)
{
    host_take_interrupts();
    for (unsigned i = 0; i < 3; i++)
        DO(BOOT_SLOT_CNODE, OP_CNODE_INSPECT, 1);
    EXPECT(core_self()->deferred.first == NULL);
    for (unsigned i = 0; i < FAULTING; i++)
        EXPECT_EQ(thread_at(faulting[i])->state, THREAD_STATE_STOPPED);
}

TEST(threads_that_are_to_stop_do_so_a_few_at_a_time)
{
    make_deferred();
    expect_all_stopped();
    EXPECT_EQ(thread_at(faulting[FAULTING - 1])->stop_reason, THREAD_STOP_FAULT);
}

TEST(thread_that_is_to_stop_has_stopped_when_it_is_suspended)
{
    make_deferred();
    cap_t last = a_deferred_one(true);
    EXPECT_OK(once(last, OP_THREAD_SUSPEND, 1, 44).status);
    EXPECT_EQ(thread_at(last)->stop_reason, THREAD_STOP_FAULT);
    expect_all_stopped();
    EXPECT_EQ(thread_at(last)->stop_reason, THREAD_STOP_FAULT);
}

TEST(thread_that_is_to_stop_gets_another_context_before_it_does)
{
    make_deferred();
    cap_t first = a_deferred_one(false);
    EXPECT_OK(once(SC_OF(first), OP_SCHED_CONTEXT_UNBIND, 0, 0).status);
    EXPECT(core_self()->deferred.first != NULL);
    EXPECT_OK(once(SC_OF(first), OP_SCHED_CONTEXT_BIND, 1, first).status);
    expect_all_stopped();
    EXPECT_EQ(thread_at(first)->stop_reason, THREAD_STOP_FAULT);
}
