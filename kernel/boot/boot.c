/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot, the portable part: check the image, make the root component, give it a capability to everything, and leave to it.
 *
 * What the kernel makes at boot are ordinary objects, children of ordinary Untyped capabilities which the root component holds, too:
 * the boot memory (one block, cleared) and the blocks that the payload lies in.
 */
#include "boot.h"
#include "address_space.h"
#include "core.h"
#include "derivation.h"
#include "lock.h"
#include "object.h"
#include "scheduler.h"
#include "symbols.h"
#include "thread.h"
#include "time.h"

#define SLOTS_FREE 2048u /* at least so many slots are left for the root component */
struct core cores[CONFIG_CORES];

#if CONFIG_CORES > 1
unsigned core_count;
static bool others_may_start;
#endif

struct slot *boot_slot(struct boot_builder *builder)
{
    check(builder->next_slot < 1u << builder->cnode_bits);
    return &builder->slots[builder->next_slot++];
}

void *boot_object(struct boot_builder *builder, struct slot *slot, unsigned type, unsigned size_bits,
                  struct slot *range, uint32_t number)
{
    struct cap *untyped = &builder->memory->cap;
    uint64_t size = 1ull << object_memory_bits(type, size_bits),
             offset = (untyped->data + size - 1) & ~(size - 1);
    char *memory = (char *)cap_pointer(untyped) + offset;

    check(offset + size <= 1ull << untyped_size_bits(untyped));
    untyped->data = offset + size;
    object_init(type, memory, size_bits, range, number);
    derivation_add_child(builder->memory, slot, object_cap(type, memory, size_bits, false));
    return memory;
}

static uint64_t next_power(uint64_t value)
{
    uint64_t power = PAGE_SIZE;

    while (power < value)
        power *= 2;
    return power;
}

/* Pages that the root component has beyond those in the payload. */
static uint64_t zero_pages(const struct image_header *image)
{
    uint64_t pages = 0;

    for (unsigned i = 0; i < image->segment_count; i++)
        pages += (image->segment[i].memory_size - image->segment[i].size) / PAGE_SIZE + 1;
    return pages;
}

static unsigned choose_cnode_bits(const struct image_header *image)
{
    uint64_t slots =
        BOOT_SLOT_FIRST + BOOT_UNTYPED_MAX + image->size / PAGE_SIZE + zero_pages(image) + SLOTS_FREE;
    unsigned bits = 12;

    while (1ull << bits < slots)
        bits++;
    return bits;
}

/* Memory for what is made at boot: CNode, pages, tables (one for each 2 MiB mapped, and those above), objects. */
static uint64_t boot_memory_size(const struct image_header *image, unsigned cnode_bits)
{
    uint64_t pages =
        zero_pages(image) + BOOT_INFO_PAGES + image->size / PAGE_SIZE / 512 + 5 * image->segment_count + 40;

    return next_power((32ull << cnode_bits) + pages * PAGE_SIZE);
}

/* The CNode comes first, at the start of the boot memory; then the Untyped can be put into one of its slots. */
static void make_cnode(struct boot_builder *builder)
{
    paddr_t start = builder->memory_region.start;
    uint64_t size = builder->memory_region.end - start;
    unsigned bits = (unsigned)__builtin_ctzll(size);

    arch_clear_memory(arch_pointer(start), size);
    builder->slots = arch_pointer(start);
    builder->next_slot = BOOT_SLOT_FIRST;
    builder->memory = boot_slot(builder);
    derivation_add_root(builder->memory, cap_make(OBJECT_UNTYPED, arch_pointer(start), RIGHTS_ALL, bits, 0));
    void *cnode =
        boot_object(builder, &builder->slots[BOOT_SLOT_CNODE], OBJECT_CNODE, builder->cnode_bits, NULL, 0);
    check(cnode == builder->slots);
}

static void make_boot_info(struct boot_builder *builder)
{
    builder->info_slot = builder->next_slot;
    for (unsigned i = 0; i < BOOT_INFO_PAGES; i++) {
        char *page = boot_object(builder, boot_slot(builder), OBJECT_FRAME, FRAME_SIZE_4K, NULL, 0);
        if (i == 0)
            builder->info = (struct boot_info *)page;
        check(page == (char *)builder->info + i * PAGE_SIZE);
    }
    struct boot_info *info = builder->info;
    info->untyped[info->untyped_count++] =
        (struct boot_untyped){ .physical = builder->memory_region.start,
                               .slot = (uint32_t)(builder->memory - builder->slots),
                               .size_bits = (uint8_t)untyped_size_bits(&builder->memory->cap),
                               .flags = BOOT_UNTYPED_USED };
}

static void add_ranges(struct boot_builder *builder)
{
    struct slot *slots = builder->slots;

    derivation_add_root(&slots[BOOT_SLOT_IRQ_RANGE],
                        cap_make(OBJECT_IRQ_RANGE, NULL, RIGHTS_ALL, 0, range_data(0, ARCH_IRQ_LINES)));
    if (ARCH_HAS_IO_PORTS)
        derivation_add_root(&slots[BOOT_SLOT_IO_PORT_RANGE],
                            cap_make(OBJECT_IO_PORT_RANGE, NULL, RIGHTS_ALL, 0, range_data(0, 65536)));
    derivation_add_root(&slots[BOOT_SLOT_ASID_RANGE],
                        cap_make(OBJECT_ASID_RANGE, NULL, RIGHTS_ALL, 0, range_data(1, SPACE_NUMBERS - 1)));
    derivation_add_root(&slots[BOOT_SLOT_CORE_RANGE],
                        cap_make(OBJECT_CORE_RANGE, NULL, RIGHTS_ALL, 0, range_data(0, core_count)));
}

static void fill_object_sizes(struct boot_info *info)
{
    for (unsigned type = 0; type < OBJECT_TYPE_COUNT; type++)
        info->object_size_bits[type] = (uint8_t)object_size_bits(type);
}

static void fill_boot_info(struct boot_builder *builder)
{
    const struct boot_machine *machine = builder->machine;
    struct boot_info *info = builder->info;

    info->magic = BOOT_INFO_MAGIC;
    info->abi_version = LUCID_ABI_VERSION;
    info->size = sizeof(*info);
    info->features = machine->features;
#ifdef CONFIG_DEBUG
    info->features |= BOOT_FEATURE_DEBUG;
#endif
    info->cores = core_count;
    info->counter_hz = arch_ticks_hz();
    info->counter_start = time_start();
    info->ns_multiplier = time_ns_multiplier();
    info->ns_shift = TIME_NS_SHIFT;
    info->budget_minimum_ns = BUDGET_MINIMUM_NS;
    info->cnode_size_bits = builder->cnode_bits;
    info->first_free_slot = builder->next_slot;
    info->acpi_rsdp = machine->acpi_rsdp;
    info->device_tree = machine->device_tree;
    info->device_tree_size = machine->device_tree_size;
    info->console = machine->console;
    info->irq_lines = ARCH_IRQ_LINES;
    info->irq_msi_first = ARCH_IRQ_MSI_FIRST;
    for (unsigned i = 0; i < sizeof(info->machine) - 1 && machine->machine[i]; i++)
        info->machine[i] = machine->machine[i];
    fill_object_sizes(info);
}

static void init_core(struct core *core, unsigned index)
{
    core->index = index;
#if CONFIG_CORES > 1
    core->idle_here = index << 16;
    core->key = index << KEY_HOME_SHIFT;
    core->slice_key = (RARE_CONTEXT | core->key) >> KEY_HOME_SHIFT;
#endif
    core->min_key = MIN_KEY_NONE;
    core->timer_armed = TICKS_NEVER;
    core->user_deadline = TICKS_NEVER;
    core->charged_at = arch_ticks();
    slot_set_place(&core->timer_slot, PLACE_CORE_TIMER);
}

#if CONFIG_CORES > 1
static void init_cores(const struct boot_machine *machine)
{
    check(machine->cores >= 1 && machine->cores <= CONFIG_CORES);
    core_count = machine->cores;
    for (unsigned i = 0; i < core_count; i++)
        init_core(&cores[i], i);
}

static void start_others(void)
{
    __atomic_store_n(&others_may_start, true, __ATOMIC_RELEASE);
}

void kernel_core_boot(void)
{
    struct core *core = core_self();

    while (!__atomic_load_n(&others_may_start, __ATOMIC_ACQUIRE)) {
        remote_answer(core);
        arch_relax();
    }
    lock_own(core);
    core->reschedule = true;
    scheduler_run(core);
    unlock_own(core);
    arch_exit();
}
#else
static void init_cores(const struct boot_machine *machine)
{
    (void)machine;
    init_core(core_self(), 0);
}

static void start_others(void)
{
}
#endif

NORETURN void kernel_boot(const struct boot_machine *machine)
{
    struct boot_builder builder = { .machine = machine };

    time_init();
    builder.image = image_check(machine->payload, machine->payload_room);
    symbols_init((const char *)machine->payload + builder.image->symbols,
                 (size_t)builder.image->symbols_size);
    init_cores(machine);
    lock_own(core_self());
    while (!lock_all(core_self()))
        ;

    builder.cnode_bits = choose_cnode_bits(builder.image);
    boot_choose_memory(&builder, boot_memory_size(builder.image, builder.cnode_bits));
    make_cnode(&builder);
    make_boot_info(&builder);
    add_ranges(&builder);
    boot_add_payload(&builder);
    boot_add_untyped(&builder);
    boot_make_root(&builder);
    fill_boot_info(&builder);
    print("lucid %s on %s: system '%s', %llu MiB, %u core%s\n", builder.image->version, machine->machine,
          builder.image->system, (unsigned long long)builder.info->memory_bytes >> 20, core_count,
          core_count == 1 ? "" : "s");
    start_others();
    scheduler_run(core_self());
    unlock_own(core_self());
    arch_exit();
}
