/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking capabilities away: in steps, nested without bound, in cycles, with workers that die on the way. */
#include "system.h"

static cap_t
    part; /* an Untyped that everything in a test is made from: what is destroyed must leave it resettable */

static void setup(void)
{
    system_boot();
    part = make(OBJECT_UNTYPED, 18);
}

static void expect_part_empty(void)
{
    revoke(part);
    DO(part, OP_UNTYPED_RESET, 0);
    EXPECT_EQ(slot_at(part)->cap.data, 0);
}

static bool list_is_empty(const struct thread *thread)
{
    return pointer_unpack(thread->slots[0].cap.head) == &thread->slots[0];
}

/* A CNode in `part`, with nothing else to it than the slot. */
static cap_t make_cnode(void)
{
    return make_from(part, OBJECT_CNODE, 4);
}

static void move_into(cap_t cnode, unsigned index, cap_t source)
{
    DO(cnode, OP_CNODE_MOVE, index, source);
}

TEST(deleting_the_last_capability_empties_the_cnode)
{
    setup();
    cap_t cnode = make_cnode(), endpoint = make_from(part, OBJECT_ENDPOINT, 0), kept = copy(endpoint);
    for (unsigned i = 1; i < 16; i++)
        DO(cnode, OP_CNODE_COPY, i, endpoint);
    cap_t second = copy(cnode);
    delete (cnode);
    EXPECT(!slot_is_empty(&((struct slot *)object_at(second))[15])); /* there is one more */
    struct slot *slots = object_at(second);
    delete (second);
    for (unsigned i = 0; i < 16; i++)
        EXPECT(slot_is_empty(&slots[i]));
    EXPECT(!slot_is_empty(slot_at(kept)));
    EXPECT(list_is_empty(root_thread()));
    expect_part_empty();
}

TEST(delete_goes_on_by_itself_with_an_interrupt_at_every_step)
{
    setup();
    cap_t cnode = make_cnode();
    for (unsigned i = 1; i < 16; i++)
        move_into(cnode, i, make_from(part, i % 2 ? OBJECT_THREAD : OBJECT_NOTIFICATION, 0));
    host.pending_every = 1;
    delete (cnode);
    host.pending_every = 0;
    EXPECT(list_is_empty(root_thread()));
    expect_part_empty();
}

/* Each CNode holds the last capability to the next. */
static cap_t nest(unsigned depth)
{
    cap_t inner = make_cnode();

    for (unsigned i = 1; i < depth; i++) {
        cap_t outer = make_cnode();
        move_into(outer, 1 + i % 15, inner);
        inner = outer;
    }
    return inner;
}

TEST(nested_cnodes_are_emptied_without_a_stack_that_grows)
{
    setup();
    cap_t outermost = nest(300);
    host.measures_stack = true;
    delete (outermost);
    EXPECT(host.stack_used < 8192);
    EXPECT(list_is_empty(root_thread()));
    EXPECT(!derivation_has_children(slot_at(part)));
    expect_part_empty();
}

TEST(nested_cnodes_with_interrupts_at_every_step)
{
    setup();
    cap_t outermost = nest(60);
    host.pending_every = 1;
    delete (outermost);
    EXPECT(!derivation_has_children(slot_at(part)));
}

TEST(nested_threads_and_cnodes)
{
    setup();
    cap_t last = make_cnode();
    for (unsigned i = 0; i < 40;
         i++) { /* a thread whose root CNode holds the last capability to the one before */
        cap_t thread = make_from(part, OBJECT_THREAD, 0), cnode = make_cnode();
        DO(thread, OP_THREAD_CONFIGURE, THREAD_SET_CNODE, last, 0, 0, 0, 0, 0, 0);
        delete (last);
        move_into(cnode, 5, thread);
        last = cnode;
    }
    delete (last);
    EXPECT(!derivation_has_children(slot_at(part)));
    expect_part_empty();
}

TEST(cnode_that_contains_itself)
{
    setup();
    cap_t cnode = make_cnode(), way = copy(cnode);
    move_into(way, 3, cnode);
    delete (way); /* only its own slot holds it now: unreachable, but revocable */
    EXPECT(derivation_has_children(slot_at(part)));
    expect_part_empty();
}

TEST(two_cnodes_that_contain_each_other)
{
    setup();
    cap_t a = make_cnode(), b = make_cnode(), way_a = copy(a), way_b = copy(b);
    move_into(way_a, 1, b);
    move_into(way_b, 1, a);
    delete (way_a);
    delete (way_b);
    host.pending_every = 1;
    expect_part_empty();
}

TEST(thread_whose_cnode_holds_it)
{
    setup();
    cap_t cnode = make_cnode(), thread = make_from(part, OBJECT_THREAD, 0);
    DO(thread, OP_THREAD_CONFIGURE, THREAD_SET_CNODE, cnode, 0, 0, 0, 0, 0, 0);
    move_into(cnode, 2, thread);
    delete (cnode);
    EXPECT(derivation_has_children(slot_at(part)));
    expect_part_empty();
}

/* The Untyped that a CNode was made from lies in one of its slots. */
TEST(untyped_inside_the_cnode_that_was_made_from_it)
{
    setup();
    cap_t inner = make_from(part, OBJECT_UNTYPED, 12), cnode = make_from(inner, OBJECT_CNODE, 4);
    move_into(cnode, 7, inner);
    delete (cnode);
    EXPECT(!derivation_has_children(slot_at(part)));
    EXPECT(list_is_empty(root_thread()));
    expect_part_empty();
}

TEST(untypeds_and_cnodes_in_a_cycle)
{
    setup();
    cap_t first = make_from(part, OBJECT_UNTYPED, 12), second = make_from(part, OBJECT_UNTYPED, 12),
          third = make_from(part, OBJECT_UNTYPED, 12);
    cap_t in_first = make_from(first, OBJECT_CNODE, 4), in_second = make_from(second, OBJECT_CNODE, 4),
          in_third = make_from(third, OBJECT_CNODE, 4);
    move_into(in_first, 1, second);
    move_into(in_second, 1, third);
    move_into(in_third, 1, first);
    host.pending_every = 1;
    delete (in_first);
    EXPECT(!derivation_has_children(slot_at(part)));
    EXPECT(list_is_empty(root_thread()));
    EXPECT(slot_is_empty(slot_at(in_second)) && slot_is_empty(slot_at(in_third)));
}

TEST(deleting_an_untyped_takes_everything_made_from_it)
{
    setup();
    cap_t inner = make_from(part, OBJECT_UNTYPED, 14), cnode = make_from(inner, OBJECT_CNODE, 5);
    for (unsigned i = 1; i < 20; i++)
        move_into(cnode, i, make_from(i % 3 ? inner : part, OBJECT_ENDPOINT, 0));
    delete (inner);
    EXPECT(slot_is_empty(slot_at(cnode)));
    expect_part_empty();
}

/* ---- Workers that stop half-way */

static cap_t worker;

static void make_worker(unsigned priority)
{
    worker = make_thread(priority);
    resume(worker);
}

/* The worker has begun to delete the capability at `victim`, and has done so many steps. */
static void work_steps(cap_t victim, unsigned steps)
{
    run(worker);
    host.pending_every = 1;
    for (unsigned i = 0; i < steps; i++) {
        sys_once(SYS_CALL, BOOT_SLOT_CNODE, 0, tag_make(OP_CNODE_DELETE, 1, 0), WORDS(victim));
        EXPECT(current()->context.at_syscall);
    }
    host.pending_every = 0;
}

TEST(worker_destroyed_half_way_leaves_its_list_to_who_destroys_it)
{
    setup();
    for (unsigned steps = 1; steps < 25; steps += 4) {
        make_worker(100);
        work_steps(nest(12), steps);
        root_wake();
        host.pending_every = 1;
        delete (worker);
        host.pending_every = 0;
        EXPECT(list_is_empty(root_thread()));
        expect_part_empty();
    }
}

TEST(worker_suspended_half_way_and_the_memory_revoked_by_another)
{
    setup();
    make_worker(100);
    work_steps(nest(12), 9);
    EXPECT(!list_is_empty(thread_at(worker)));
    root_wake();
    DO(worker, OP_THREAD_SUSPEND, 0);
    expect_part_empty();
    EXPECT(list_is_empty(thread_at(worker)));
    EXPECT(list_is_empty(root_thread()));
    DO(worker, OP_THREAD_RESUME); /* nothing is left for it */
    run(worker);
    host_syscall();
    EXPECT_OK(outcome_of(thread_at(worker)).status);
}

TEST(worker_that_deletes_itself_leaves_what_can_be_found)
{
    setup();
    worker = make_thread(100);
    cap_t inside = make_from(part, OBJECT_THREAD, 0), sc = make(OBJECT_SCHED_CONTEXT, 8);
    set_budget(sc, SLICE_NS, SLICE_NS, 0);
    DO(inside, OP_THREAD_CONFIGURE, THREAD_SET_CNODE | THREAD_SET_SPACE, BOOT_SLOT_CNODE, BOOT_SLOT_SPACE, 0,
       0, 0, 0, 0);
    DO(sc, OP_SCHED_CONTEXT_BIND, inside);
    DO(inside, OP_THREAD_SET_PRIORITY, 100, 200);
    resume(inside);
    cap_t victim = nest(8);
    worker = inside;
    work_steps(victim, 5);
    EXPECT(!list_is_empty(thread_at(worker)));
    struct thread *self = thread_at(worker);
    sys(SYS_CALL, BOOT_SLOT_CNODE, 0, tag_make(OP_CNODE_DELETE, 1, 0), WORDS(worker));
    EXPECT(current() != self);
    root_wake();
    EXPECT(slot_is_empty(slot_at(worker)) || thread_at(worker)->state == THREAD_STATE_STOPPED);
    EXPECT(((struct sched_context *)object_at(sc))->thread == NULL);
    expect_part_empty();
}

TEST(thread_that_deletes_its_own_address_space_stops)
{
    setup();
    make_worker(100);
    cap_t space = make_numbered(OBJECT_ADDRESS_SPACE, BOOT_SLOT_ASID_RANGE, 50),
          child = mint(space, RIGHTS_ALL, 0);
    DO(worker, OP_THREAD_CONFIGURE, THREAD_SET_SPACE, 0, child, 0, 0, 0, 0, 0);
    run(worker);
    CALL(BOOT_SLOT_CNODE, OP_CNODE_REVOKE, space);
    EXPECT_EQ(thread_at(worker)->state, THREAD_STATE_STOPPED);
    EXPECT_EQ(thread_at(worker)->stop_reason, THREAD_STOP_SPACE);
    root_wake();
    EXPECT_ERROR(CALL(worker, OP_THREAD_RESUME).status, ERR_STATE, 0);
    DO(worker, OP_THREAD_CONFIGURE, THREAD_SET_SPACE, 0, BOOT_SLOT_SPACE, 0, 0, 0, 0, 0);
    DO(worker, OP_THREAD_RESUME);
    run(worker);
    if (current()->context.at_syscall)
        host_syscall();
    EXPECT_OK(outcome_of(thread_at(worker)).status);
    EXPECT(slot_is_empty(slot_at(child)));
}

TEST(two_workers_at_the_same_tree)
{
    setup();
    make_worker(100);
    cap_t victim = nest(20);
    work_steps(victim, 7);
    root_wake();
    /* The root revokes what the worker is at; the worker then finds nothing left. */
    expect_part_empty();
    run(worker);
    host_syscall();
    EXPECT_OK(outcome_of(thread_at(worker)).status);
    EXPECT(list_is_empty(thread_at(worker)));
}

TEST(revoke_of_a_large_tree_with_interrupts_is_bounded_a_step)
{
    setup();
    cap_t endpoint = make_from(part, OBJECT_ENDPOINT, 0), last = endpoint;
    unsigned before = host.pending_polls;
    for (unsigned i = 0; i < 400; i++)
        last = mint(i % 3 ? last : endpoint, RIGHTS_ALL, 0);
    before = host.pending_polls;
    host.pending_every = 3;
    revoke(endpoint);
    EXPECT(host.pending_polls - before >= 399); /* a look for interrupts between any two of them */
    EXPECT(!derivation_has_children(slot_at(endpoint)));
}

/* ---- Random */

TEST(random_nesting_is_always_revocable)
{
    setup();
    for (unsigned round = 0; round < 12; round++) {
        cap_t made[40];
        unsigned count = 0;
        for (unsigned step = 0; step < 120; step++) {
            cap_t from = part;
            unsigned other = count ? random_below(count) : 0;
            if (count && cap_type(&slot_at(made[other])->cap) == OBJECT_UNTYPED && random_below(2))
                from = made[other];
            static const unsigned types[] = { OBJECT_CNODE, OBJECT_CNODE, OBJECT_UNTYPED, OBJECT_THREAD,
                                              OBJECT_ENDPOINT };
            unsigned type = types[random_below(5)];
            switch (random_below(5)) {
            case 0:
            case 1:
                if (count < ARRAY_COUNT(made)) {
                    cap_t slot = slot_new();
                    status_t status = CALL(from, OP_UNTYPED_RETYPE, type,
                                           type == OBJECT_CNODE     ? 4
                                           : type == OBJECT_UNTYPED ? 13
                                                                    : 0,
                                           0, slot, 1, 0, 0)
                                          .status;
                    if (status == OK)
                        made[count++] = slot;
                }
                break;
            case 2: /* into a CNode */
            case 3:
                if (count > 1 && cap_type(&slot_at(made[other])->cap) == OBJECT_CNODE) {
                    unsigned mover = random_below(count);
                    status_t status =
                        CALL(made[other], OP_CNODE_MOVE, 1 + random_below(15), made[mover]).status;
                    if (status == OK)
                        made[mover] = made[--count];
                }
                break;
            default:
                if (count && random_below(4) == 0) {
                    host.pending_every = random_below(3);
                    DO(BOOT_SLOT_CNODE, OP_CNODE_DELETE, made[other]);
                    host.pending_every = 0;
                    made[other] = made[--count];
                }
            }
            for (unsigned i = 0; i < count;) /* what went with something else */
                if (slot_is_empty(slot_at(made[i])))
                    made[i] = made[--count];
                else
                    i++;
        }
        host.pending_every = random_below(3);
        expect_part_empty();
        host.pending_every = 0;
        EXPECT(list_is_empty(root_thread()));
    }
}
