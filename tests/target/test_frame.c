/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames, page tables and address spaces: mapping, unmapping, rights, and what a thread sees of it. */
#include "accesses.h"

#define READ_WRITE (RIGHT_READ | RIGHT_WRITE)
#define BACK       MAP_CACHE_WRITE_BACK

static word_t mapped_at(cap_t frame)
{
    struct frame_info info;
    expect_ok(frame_info(frame, &info));
    return info.mapped_at;
}

/* An address in a gigabyte of its own, where all tables below the root's may be missing. */
static word_t far_address(void)
{
    return address_take(FRAME_SIZE_1G);
}

/* ---- Mapping */

TEST(mapped_page_keeps_what_is_written)
{
    struct page page = page_make();

    for (unsigned i = 0; i < 512; i++)
        page.words[i] = i * 3;
    for (unsigned i = 0; i < 512; i++)
        expect_equal(page.words[i], i * 3);
    expect_equal(mapped_at(page.frame), (word_t)page.words);
    expect_equal(inspect(page.frame).data, (word_t)page.words);
}

TEST(large_frame_is_mapped_as_a_whole)
{
    cap_t frame = make(OBJECT_FRAME, FRAME_SIZE_2M);
    word_t address = address_take(FRAME_SIZE_2M), last = ((word_t)1 << FRAME_SIZE_2M) / sizeof(word_t) - 1;

    map(SPACE, frame, address, READ_WRITE);
    words_at(address)[0] = 1;
    words_at(address)[last] = 2;
    expect_equal(words_at(address)[0] + words_at(address)[last], 3);
    expect_ok(frame_unmap(frame));
    expect_fault(read_word, address, FAULT_ACCESS_READ);
    expect_fault(read_word, address + 0x1ff000, FAULT_ACCESS_READ);
}

/* It is mapped. Whether somebody is there is another question: a bus may answer that with an exception. */
static void expect_no_page_fault(word_t address)
{
    cap_t handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *worker = worker_run(.function = read_word, .argument = address, .fault = handler);
    struct message fault;

    if (status_error(sys_recv_poll(handler, &fault, reply)) == OK)
        expect_equal(tag_label(fault.tag), FAULT_EXCEPTION);
    else
        worker_finish(worker);
}

TEST(frame_of_a_gigabyte_can_be_mapped)
{
    /* Of device memory: that need not be cleared, and there is enough of it. */
    for (unsigned i = 0; i < boot->untyped_count; i++) {
        if (!(boot->untyped[i].flags & BOOT_UNTYPED_DEVICE) || boot->untyped[i].size_bits < FRAME_SIZE_1G)
            continue;
        cap_t device = boot->untyped[i].slot, frame = make_from(device, OBJECT_FRAME, FRAME_SIZE_1G);
        word_t address = far_address();
        map(SPACE, frame, address, RIGHT_READ);
        expect_equal(mapped_at(frame), address);
        expect_no_page_fault(address);
        expect_argument(
            address_space_map(SPACE, make(OBJECT_FRAME, FRAME_SIZE_4K), address + 4096, RIGHT_READ, BACK),
            ERR_MAPPED, 2);
        expect_argument(address_space_map_table(SPACE, make(OBJECT_PAGE_TABLE, 0), address), ERR_MAPPED, 2);
        expect_ok(frame_unmap(frame));
        expect_fault(read_word, address, FAULT_ACCESS_READ);
        erase(frame);
        expect_ok(untyped_reset(device, 0));
        return;
    }
    test_fail(__FILE__, __LINE__, "expected a gigabyte of device memory, seen none");
}

TEST(map_checks_frame_address_rights_and_cache)
{
    cap_t frame = make(OBJECT_FRAME, FRAME_SIZE_4K), large = make(OBJECT_FRAME, FRAME_SIZE_2M),
          read_only = mint(frame, RIGHT_READ, 0);
    word_t address = (word_t)page_make().words + 4096; /* the tables are there */

    expect_argument(address_space_map(SPACE, slot_take(), address, READ_WRITE, BACK), ERR_CAPABILITY, 1);
    expect_argument(address_space_map(SPACE, arena, address, READ_WRITE, BACK), ERR_TYPE, 1);
    expect_argument(address_space_map(SPACE, frame, address + 8, READ_WRITE, BACK), ERR_ALIGNMENT, 2);
    expect_argument(address_space_map(SPACE, large, address_take(FRAME_SIZE_2M) + 4096, READ_WRITE, BACK),
                    ERR_ALIGNMENT, 2);
    expect_argument(address_space_map(SPACE, frame, USER_ADDRESS_END, READ_WRITE, BACK), ERR_RANGE, 2);
    expect_argument(address_space_map(SPACE, frame, (word_t)1 << 47, READ_WRITE, BACK), ERR_RANGE, 2);
    expect_argument(address_space_map(SPACE, frame, (word_t)1 << 63, READ_WRITE, BACK), ERR_RANGE, 2);
    expect_argument(address_space_map(SPACE, frame, 0xffff800000000000, READ_WRITE, BACK), ERR_RANGE, 2);
    expect_argument(address_space_map(SPACE, frame, ~(word_t)4095, READ_WRITE, BACK), ERR_RANGE, 2);
    expect_argument(address_space_map(SPACE, large, USER_ADDRESS_END & ~(word_t)0x1fffff, READ_WRITE, BACK),
                    ERR_RANGE, 2);
    expect_argument(address_space_map(SPACE, frame, address, 0, BACK), ERR_RANGE, 3);
    expect_argument(address_space_map(SPACE, frame, address, RIGHT_GRANT, BACK), ERR_RANGE, 3);
    expect_argument(address_space_map(SPACE, frame, address, RIGHTS_ALL + 1, BACK), ERR_RANGE, 3);
    expect_argument(address_space_map(SPACE, read_only, address, RIGHT_WRITE, BACK), ERR_RANGE, 3);
    expect_argument(address_space_map(SPACE, frame, address, READ_WRITE, 3), ERR_RANGE, 4);
    expect_argument(address_space_map(SPACE, frame, address, READ_WRITE, ~(word_t)0), ERR_RANGE, 4);
    expect_equal(mapped_at(frame), 0);
}

TEST(last_user_page_can_be_mapped)
{
    cap_t frame = make(OBJECT_FRAME, FRAME_SIZE_4K);

    map(SPACE, frame, USER_ADDRESS_END - 4096, READ_WRITE);
    *words_at(USER_ADDRESS_END - 8) = 3;
    expect_equal(*words_at(USER_ADDRESS_END - 8), 3);
}

TEST(map_says_at_which_level_a_table_is_missing)
{
    cap_t frame = make(OBJECT_FRAME, FRAME_SIZE_4K), space = make_space(NULL);
    word_t address = 0x123456789000;

    for (word_t missing = 2; missing <= 2; missing--) {
        struct message message = { .word = { frame, address, READ_WRITE, BACK } };
        expect_argument(object_invoke(space, OP_ADDRESS_SPACE_MAP, 4, &message), ERR_TABLE, 2);
        expect_equal(message.word[0], missing);
        message = (struct message){ .word = { make(OBJECT_PAGE_TABLE, 0), address } };
        expect_ok(object_invoke(space, OP_ADDRESS_SPACE_MAP_TABLE, 2, &message));
        expect_equal(message.word[0], missing);
    }
    expect_ok(address_space_map(space, frame, address, READ_WRITE, BACK));
    expect_argument(address_space_map_table(space, make(OBJECT_PAGE_TABLE, 0), address), ERR_MAPPED, 2);
}

TEST(frame_capability_maps_once)
{
    struct page page = page_make();
    word_t other = (word_t)page.words + 4096;

    expect_argument(address_space_map(SPACE, page.frame, other, READ_WRITE, BACK), ERR_MAPPED, 1);
    expect_argument(address_space_map(SPACE, page_make().frame, (word_t)page.words, READ_WRITE, BACK),
                    ERR_MAPPED, 1);
    expect_argument(address_space_map(SPACE, copy(page.frame), (word_t)page.words, READ_WRITE, BACK),
                    ERR_MAPPED, 2);
    expect_argument(
        address_space_map(SPACE, make(OBJECT_FRAME, FRAME_SIZE_4K), (word_t)page.words, READ_WRITE, BACK),
        ERR_MAPPED, 2);
}

TEST(large_frame_and_page_table_exclude_each_other)
{
    cap_t small = make(OBJECT_FRAME, FRAME_SIZE_4K), large = make(OBJECT_FRAME, FRAME_SIZE_2M);
    word_t address = address_take(FRAME_SIZE_2M), other = address_take(FRAME_SIZE_2M);

    map(SPACE, small, address, READ_WRITE);
    expect_argument(address_space_map(SPACE, large, address, READ_WRITE, BACK), ERR_MAPPED, 2);
    map(SPACE, large, other, READ_WRITE);
    expect_argument(
        address_space_map(SPACE, make(OBJECT_FRAME, FRAME_SIZE_4K), other + 4096, READ_WRITE, BACK),
        ERR_MAPPED, 2);
    expect_argument(address_space_map_table(SPACE, make(OBJECT_PAGE_TABLE, 0), other), ERR_MAPPED, 2);
}

TEST(copies_of_a_frame_share_its_memory)
{
    struct page page = page_make();
    cap_t twin = copy(page.frame);
    word_t address = address_take(FRAME_SIZE_4K);

    expect_equal(mapped_at(twin), 0);
    map(SPACE, twin, address, RIGHT_READ);
    page.words[7] = 99;
    expect_equal(words_at(address)[7], 99);
    expect_ok(frame_unmap(twin));
    page.words[7] = 100; /* the other mapping is not touched */
    expect_equal(mapped_at(page.frame), (word_t)page.words);
}

TEST(space_sees_only_what_is_mapped_in_it)
{
    cap_t space = space_with_program();
    struct page page = page_make();

    page.words[0] = 5;
    expect_fault_in(space, read_word, (word_t)page.words, FAULT_ACCESS_READ);
    map(space, copy(page.frame), (word_t)page.words, RIGHT_READ);
    expect_equal(result_of(space, read_word, (word_t)page.words), 5);
    expect_fault_in(space, write_word, (word_t)page.words, FAULT_ACCESS_WRITE | FAULT_ACCESS_PRESENT);
}

/* ---- Rights */

TEST(write_to_a_page_mapped_for_reading_faults)
{
    cap_t frame = make(OBJECT_FRAME, FRAME_SIZE_4K);
    word_t address = address_take(FRAME_SIZE_4K);

    map(SPACE, frame, address, RIGHT_READ);
    expect_equal(result_of(CAP_NULL, read_word, address), 0);
    expect_fault(write_word, address, FAULT_ACCESS_WRITE | FAULT_ACCESS_PRESENT);
}

TEST(mapping_has_no_rights_that_the_capability_lacks)
{
    cap_t frame = mint(make(OBJECT_FRAME, FRAME_SIZE_4K), RIGHT_READ, 0);
    word_t address = address_take(FRAME_SIZE_4K);

    map(SPACE, frame, address, RIGHTS_ALL);
    expect_fault(write_word, address, FAULT_ACCESS_WRITE | FAULT_ACCESS_PRESENT);
    expect_fault(execute, address, FAULT_ACCESS_EXECUTE | FAULT_ACCESS_PRESENT);
}

TEST(executing_data_faults)
{
    struct page page = page_make();

    expect_fault(execute, (word_t)page.words, FAULT_ACCESS_EXECUTE | FAULT_ACCESS_PRESENT);
    expect_fault(execute, (word_t)page.words + 8192, FAULT_ACCESS_EXECUTE);
}

TEST(naming_the_same_address_again_changes_the_rights)
{
    struct page page = page_make();
    word_t address = (word_t)page.words;

    page.words[0] = 6;
    expect_ok(address_space_map(SPACE, page.frame, address, RIGHT_READ, BACK));
    expect_fault(write_word, address, FAULT_ACCESS_WRITE | FAULT_ACCESS_PRESENT);
    expect_equal(page.words[0], 6);
    expect_ok(address_space_map(SPACE, page.frame, address, READ_WRITE, BACK));
    page.words[0] = 7;
    expect_equal(page.words[0], 7);
}

static void write_code(volatile word_t *words, const unsigned char *code, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((volatile unsigned char *)words)[i] = code[i];
}

TEST(code_written_through_one_view_is_executed_through_another)
{
    static const unsigned char first[] = MACHINE_CODE_RETURN_42, second[] = MACHINE_CODE_RETURN_43;
    struct page page = page_make();
    cap_t twin = copy(page.frame);
    word_t address = address_take(FRAME_SIZE_4K);

    write_code(page.words, first, sizeof first);
    map(SPACE, twin, address, RIGHT_READ | RIGHT_EXECUTE);
    expect_equal(result_of(CAP_NULL, execute, address), 42);
    expect_fault(write_word, address, FAULT_ACCESS_WRITE | FAULT_ACCESS_PRESENT);
    expect_fault(execute, (word_t)page.words, FAULT_ACCESS_EXECUTE | FAULT_ACCESS_PRESENT);
    expect_ok(frame_unmap(twin));
    write_code(page.words, second, sizeof second);
    map(SPACE, twin, address, RIGHT_READ | RIGHT_EXECUTE);
    expect_equal(result_of(CAP_NULL, execute, address), 43);
}

TEST(page_becomes_executable_by_mapping_it_again)
{
    static const unsigned char code[] = MACHINE_CODE_RETURN_42;
    struct page page = page_make();
    word_t address = (word_t)page.words;

    write_code(page.words, code, sizeof code);
    expect_fault(execute, address, FAULT_ACCESS_EXECUTE | FAULT_ACCESS_PRESENT);
    expect_ok(address_space_map(SPACE, page.frame, address, RIGHT_READ | RIGHT_EXECUTE, BACK));
    expect_equal(result_of(CAP_NULL, execute, address), 42);
}

TEST(memory_of_kernel_and_of_nobody_faults)
{
    static const word_t kernel[] = MACHINE_KERNEL_ADDRESSES;

    for (unsigned i = 0; i < sizeof kernel / sizeof kernel[0]; i++) {
        expect_fault(read_word, kernel[i], FAULT_ACCESS_READ | FAULT_ACCESS_ANY);
        expect_fault(write_word, kernel[i], FAULT_ACCESS_WRITE | FAULT_ACCESS_ANY);
        expect_fault(execute, kernel[i], FAULT_ACCESS_EXECUTE | FAULT_ACCESS_ANY);
    }
    expect_fault(read_word, 0, FAULT_ACCESS_READ);
    expect_fault(read_word, USER_ADDRESS_END, FAULT_ACCESS_READ);
}

/* ---- Unmapping */

TEST(unmapped_page_faults_and_keeps_its_content)
{
    struct page page = page_make();
    word_t other = address_take(FRAME_SIZE_4K);

    page.words[1] = 8;
    expect_ok(frame_unmap(page.frame));
    expect_fault(read_word, (word_t)page.words, FAULT_ACCESS_READ);
    expect_equal(mapped_at(page.frame), 0);
    expect_ok(frame_unmap(page.frame)); /* twice is no error */
    map(SPACE, page.frame, other, READ_WRITE);
    expect_equal(words_at(other)[1], 8);
}

TEST(deleting_the_capability_unmaps)
{
    struct page page = page_make();
    cap_t twin = copy(page.frame);

    erase(page.frame);
    expect_fault(read_word, (word_t)page.words, FAULT_ACCESS_READ);
    expect_equal(type_of(twin), OBJECT_FRAME);
}

TEST(moving_the_capability_keeps_the_mapping)
{
    struct page page = page_make();
    cap_t to = slot_take();

    page.words[0] = 4;
    expect_ok(cnode_move(CNODE, to, page.frame));
    expect_equal(mapped_at(to), (word_t)page.words);
    expect_equal(page.words[0], 4);
    expect_ok(frame_unmap(to));
    expect_fault(read_word, (word_t)page.words, FAULT_ACCESS_READ);
}

TEST(frame_info_and_unmap_need_no_right)
{
    cap_t frame = make(OBJECT_FRAME, FRAME_SIZE_4K), read_only = mint(frame, RIGHT_READ, 0),
          weak = mint(frame, 0, 0);
    word_t address = address_take(FRAME_SIZE_4K);
    struct frame_info info;

    expect_ok(frame_info(weak, &info));
    expect_equal(info.size_bits, FRAME_SIZE_4K);
    expect_ok(frame_unmap(weak));
    map(SPACE, read_only, address, RIGHT_READ);
    expect_ok(frame_unmap(read_only));
    expect_argument(address_space_map(SPACE, weak, address, RIGHT_READ, BACK), ERR_RANGE, 3);
}

/* A table at the lowest level with a page in it, in a gigabyte of its own. */
struct tree {
    cap_t table, frame;
    word_t address;
};

static struct tree make_tree(void)
{
    struct tree tree = { make(OBJECT_PAGE_TABLE, 0), make(OBJECT_FRAME, FRAME_SIZE_4K), far_address() };

    expect_ok(address_space_map_table(SPACE, make(OBJECT_PAGE_TABLE, 0), tree.address));
    expect_ok(address_space_map_table(SPACE, tree.table, tree.address));
    expect_ok(address_space_map(SPACE, tree.frame, tree.address, READ_WRITE, BACK));
    return tree;
}

TEST(what_is_mapped_through_a_table_goes_with_it)
{
    struct tree tree = make_tree();

    words_at(tree.address)[0] = 3;
    expect_ok(page_table_unmap(tree.table));
    expect_fault(read_word, tree.address, FAULT_ACCESS_READ);
    expect_equal(mapped_at(tree.frame), 0);
    expect_ok(page_table_unmap(tree.table)); /* twice is no error */
    /* The table is empty when it is used again. */
    expect_ok(address_space_map_table(SPACE, tree.table, tree.address));
    expect_fault(read_word, tree.address, FAULT_ACCESS_READ);
    expect_ok(address_space_map(SPACE, tree.frame, tree.address, READ_WRITE, BACK));
    expect_equal(words_at(tree.address)[0], 3);
}

TEST(deleting_a_table_takes_it_out)
{
    struct tree tree = make_tree();

    erase(tree.table);
    expect_fault(read_word, tree.address, FAULT_ACCESS_READ);
    expect_argument(address_space_map(SPACE, tree.frame, tree.address, READ_WRITE, BACK), ERR_TABLE, 2);
}

TEST(void_mapping_does_not_unmap_its_successor)
{
    struct tree tree = make_tree();
    cap_t successor = make(OBJECT_FRAME, FRAME_SIZE_4K);

    expect_ok(page_table_unmap(tree.table));
    expect_ok(address_space_map_table(SPACE, tree.table, tree.address));
    expect_ok(address_space_map(SPACE, successor, tree.address, READ_WRITE, BACK));
    words_at(tree.address)[0] = 12;
    expect_ok(frame_unmap(tree.frame));
    erase(tree.frame);
    expect_equal(words_at(tree.address)[0], 12);
    expect_equal(mapped_at(successor), tree.address);
}

TEST(map_table_checks_table_and_address)
{
    struct tree tree = make_tree();
    cap_t table = make(OBJECT_PAGE_TABLE, 0);

    expect_argument(address_space_map_table(SPACE, slot_take(), tree.address), ERR_CAPABILITY, 1);
    expect_argument(address_space_map_table(SPACE, tree.frame, tree.address), ERR_TYPE, 1);
    expect_argument(address_space_map_table(SPACE, tree.table, far_address()), ERR_MAPPED, 1);
    expect_argument(address_space_map_table(SPACE, table, tree.address), ERR_MAPPED, 2);
    expect_argument(address_space_map_table(SPACE, table, USER_ADDRESS_END), ERR_RANGE, 2);
    expect_argument(address_space_map_table(SPACE, table, (word_t)1 << 63), ERR_RANGE, 2);
    expect_argument(address_space_map_table(SPACE, table, ~(word_t)0), ERR_RANGE, 2);
    expect_ok(address_space_map_table(SPACE, table,
                                      tree.address + ((word_t)1 << 21) + 123)); /* any address below it */
}

TEST(table_in_one_space_is_not_in_another)
{
    struct tree tree = make_tree();

    expect_argument(address_space_map_table(make_space(NULL), tree.table, tree.address), ERR_MAPPED, 1);
    expect_ok(page_table_unmap(tree.table));
    cap_t space = make_space(NULL);
    expect_ok(address_space_map_table(space, tree.table, tree.address));
    expect_argument(address_space_map(SPACE, tree.frame, tree.address, READ_WRITE, BACK), ERR_TABLE, 2);
}

TEST(mapping_of_a_dead_space_is_void)
{
    cap_t part = make(OBJECT_UNTYPED, 14), frame = make(OBJECT_FRAME, FRAME_SIZE_4K),
          table = make(OBJECT_PAGE_TABLE, 0);
    word_t number, address = 0x10000000;
    cap_t space = make_space_from(part, &number);

    expect_ok(address_space_map_table(space, table, address));
    map(space, frame, address, READ_WRITE);
    erase(space);
    expect_equal(mapped_at(frame), 0);
    /* Also when a new space has the number: its generation is another. */
    space = slot_take();
    expect_ok(
        untyped_retype(arena, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, space, 1, BOOT_SLOT_ASID_RANGE, number));
    expect_equal(mapped_at(frame), 0);
    expect_ok(address_space_map_table(space, table, address));
    map(space, frame, address, READ_WRITE);
    expect_equal(mapped_at(frame), address);
}

/* ---- Caches */

TEST(pages_can_be_mapped_with_every_cache_attribute)
{
    for (word_t cache = MAP_CACHE_WRITE_BACK; cache <= MAP_CACHE_COMBINE; cache++) {
        cap_t frame = make(OBJECT_FRAME, FRAME_SIZE_4K);
        word_t address = address_take(FRAME_SIZE_4K);
        expect_ok(try_map(SPACE, frame, address, READ_WRITE, cache));
        words_at(address)[0] = cache + 1;
        expect_equal(words_at(address)[0], cache + 1);
    }
}

TEST(clean_and_invalidate_check_the_range)
{
    cap_t frame = make(OBJECT_FRAME, FRAME_SIZE_4K), large = make(OBJECT_FRAME, FRAME_SIZE_2M);

    expect_ok(frame_clean(frame, 0, 4096));
    expect_ok(frame_invalidate(frame, 4095, 1));
    expect_ok(frame_clean(large, 0x1ff000, 4096));
    for (unsigned i = 0; i < 2; i++) {
        status_t (*operation)(cap_t, word_t, word_t) = i ? frame_clean : frame_invalidate;
        expect_argument(operation(frame, 4096, 1), ERR_RANGE, 1);
        expect_argument(operation(frame, ~(word_t)0, 1), ERR_RANGE, 1);
        expect_argument(operation(frame, 0, 0), ERR_RANGE, 2);
        expect_argument(operation(frame, 1, 4096), ERR_RANGE, 2);
        expect_argument(operation(frame, 1, ~(word_t)0), ERR_RANGE, 2);
        expect_argument(operation(large, 0, 4097), ERR_RANGE, 2);
        expect_argument(operation(mint(frame, RIGHT_READ, 0), 0, 1), ERR_RIGHT, 0);
    }
}
