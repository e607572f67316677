/* SPDX-License-Identifier: BSD-2-Clause */
/* The checker names what was damaged: threads, queues, IPC objects, contexts, the scheduler and time. */
#include "checker_world.h"

static struct core *core(void)
{
    return core_self();
}

/* ---- Priority queues */

static struct queue_node *first_waiter(void)
{
    return notification_at(world.notification)->waiters.root;
}

NAMES(queued_element_that_says_it_is_not, "an element of a priority queue knows that it is queued",
      first_waiter()->queued = 0)
NAMES(root_of_a_queue_with_a_parent, "only the root of a priority queue has no parent",
      first_waiter()->parent = first_waiter()->left)
NAMES(left_child_before_its_parent, "a left child points back and is not before its parent",
      first_waiter()->left->key = 0)
NAMES(right_child_before_its_parent, "a right child points back and is not before its parent",
      first_waiter()->right->key = 0)
NAMES(wrong_rank_in_a_queue, "ranks of a priority queue are those of a leftist tree",
      first_waiter()->rank = 5)

/* ---- Endpoints and notifications */

NAMES(waiter_that_waits_elsewhere, "who is queued at an object waits there",
      thread_at(world.sender[0])->waits_at = object_at(world.idle_endpoint))
NAMES(receiver_among_senders, "who is queued at an object waits there",
      thread_at(world.sender[1])->state = THREAD_STATE_RECEIVING)
NAMES(waiter_in_the_wrong_order, "waiters are in order of priority and arrival",
      thread_set_key_priority(thread_at(world.sender[0]), 40))
NAMES(later_waiter_before_an_earlier_one, "waiters are in order of priority and arrival",
      thread_at(world.sender[0])->sequence = 5)
/* An arrival of more than 56 bits runs over into the priority of the key. */
NAMES(queue_whose_keys_have_another_order,
      "nobody is served before one of a higher priority, or one of the same who came earlier", {
          struct thread *better = thread_at(world.sender[0]);
          queue_remove(&endpoint_at(world.queue)->waiters, &better->wait_node);
          thread_set_key_priority(better, 61);
          better->sequence = (1ull << 56) + 3;
          queue_insert(&endpoint_at(world.queue)->waiters, &better->wait_node,
                       thread_waiter_key(thread_priority(better), better->sequence));
      })
NAMES(endpoint_that_is_idle_with_waiters, "an endpoint is idle exactly if nobody waits",
      endpoint_at(world.queue)->state = ENDPOINT_IDLE)
NAMES(waiters_list_with_a_broken_link, "the waiters' list is well linked",
      endpoint_at(world.queue)->newest->next->prev = NULL)
NAMES(waiters_list_without_the_newest, "an endpoint's queue and list hold the same threads", {
    struct endpoint *endpoint = endpoint_at(world.queue);
    endpoint->newest = endpoint->newest->next;
    endpoint->newest->prev = NULL;
})
NAMES(waiters_list_out_of_order, "the waiters' list is newest first", {
    struct thread *newest = endpoint_at(world.queue)->newest, *oldest = newest->next;
    endpoint_at(world.queue)->newest = oldest;
    oldest->prev = newest->next = NULL;
    oldest->next = newest;
    newest->prev = oldest;
})
NAMES(arrival_that_was_not_counted, "an endpoint has counted all arrivals",
      endpoint_at(world.queue)->sequence = 1)
NAMES(cancel_that_looks_at_somebody_else, "who is next to be looked at by a cancel waits there", {
    endpoint_at(world.queue)->cancelling = true;
    endpoint_at(world.queue)->cancel_cursor = thread_at(world.stopped);
})
NAMES(receiver_that_waits_elsewhere, "the receiver of an endpoint waits there",
      endpoint_at(world.queue)->receiver = thread_at(world.receiver))
NAMES(receiver_that_owes_an_answer, "the receiver of an endpoint has armed a Reply, or owes none", {
    reply_at(world.armed)->state = REPLY_OWED;
    reply_at(world.armed)->caller = thread_at(world.stopped);
    thread_at(world.stopped)->state = THREAD_STATE_CALLING;
    thread_at(world.stopped)->waits_at = reply_at(world.armed);
})
NAMES(receiver_at_a_dying_endpoint, "the receiver of an endpoint waits alone",
      endpoint_at(world.idle_endpoint)->dying = true)
NAMES(lone_waiter_that_waits_elsewhere, "the waiter of a notification waits there",
      notification_at(world.notification)->waiter = thread_at(world.stopped))
NAMES(waiter_that_is_not_alone, "the waiter of a notification waits alone",
      notification_at(world.notification)->waiter = thread_at(world.waiter[0]))
NAMES(notification_with_bits_and_waiters, "a notification has not both bits and waiters",
      notification_at(world.notification)->bits = 1)
NAMES(bound_thread_that_does_not_know, "a bound thread knows its notification",
      thread_at(world.bound)->notification = NULL)

/* ---- Replies and chains */

NAMES(reply_in_no_state, "a Reply is free, armed or owed", reply_at(world.free_reply)->state = 7)
NAMES(owed_reply_without_a_caller, "a Reply is owed exactly if it has a caller",
      reply_at(world.owed[0])->caller = NULL)
NAMES(caller_that_waits_elsewhere, "the caller of a Reply waits there",
      thread_at(world.caller)->waits_at = object_at(world.owed[1]))
NAMES(server_that_does_not_know_its_reply, "the server of a Reply knows it",
      thread_at(world.server[0])->reply = NULL)
NAMES(free_reply_with_a_server, "a free Reply refers to nobody", reply_at(world.armed)->state = REPLY_FREE)
NAMES(armed_reply_with_a_context, "only a Reply that is owed has donated a context",
      reply_at(world.armed)->sc = sc_at(world.caller))
NAMES(armed_reply_of_who_does_not_receive, "an armed Reply was named by a thread that receives",
      reply_at(world.armed)->server = NULL)
NAMES(link_that_belongs_to_another_context,
      "links of a donation chain are owed Replies that know their context and each other",
      reply_at(world.owed[0])->sc = sc_at(world.stopped))
NAMES(chain_with_a_cycle, "links of a donation chain are owed Replies that know their context and each other",
      reply_at(world.owed[0])->chain_down = reply_at(world.owed[1]))
NAMES(link_with_anothers_number, "links of a chain have its number", reply_at(world.owed[0])->chain_number++)
NAMES(chain_without_its_bottom, "a context knows both ends of its chain",
      sc_at(world.caller)->chain_bottom = reply_at(world.owed[1]))
NAMES(cut_link_with_the_chains_number,
      "cut links know their context and each other, and have another chain's number", {
          sc_at(world.caller)->cut = sc_at(world.caller)->chain;
          sc_at(world.caller)->chain = sc_at(world.caller)->chain_bottom = NULL;
      })
NAMES(holder_that_does_not_know_its_context, "who has a context knows it",
      thread_at(world.stopped)->sc = NULL)
NAMES(owner_that_does_not_know_its_context, "the owner of a context knows it",
      thread_at(world.stopped)->owned = NULL)
NAMES(donated_context_at_home, "a donated context is with somebody else than its owner", {
    struct sched_context *sc = sc_at(world.caller);
    sc->thread->sc = NULL;
    sc->thread = thread_at(world.caller);
    sc->thread->sc = sc;
})
NAMES(lent_context_with_an_owner, "a lent context has a borrower and no owner",
      sc_at(world.stopped)->lent = true)
NAMES(owned_context_with_nobody, "a context that has an owner is with somebody", {
    thread_at(world.stopped)->sc = NULL;
    sc_at(world.stopped)->thread = NULL;
})

/* ---- Threads */

NAMES(cnode_beside_its_slot, "a thread's CNode is that of its slot", thread_at(world.stopped)->cnode_mask = 1)
NAMES(space_beside_its_slot, "a thread's address space is that of its slot",
      thread_at(world.stopped)->space = object_at(world.space))
NAMES(message_page_beside_its_slot, "a thread's message page lies in the frame of its slot",
      thread_at(world.stopped)->utcb = (struct utcb *)((char *)thread_at(world.stopped)->utcb + 4096))
NAMES(message_page_that_is_not_aligned, "a message page is aligned, writable and ordinary memory",
      thread_at(world.stopped)->utcb = (struct utcb *)((char *)thread_at(world.stopped)->utcb + 64))
NAMES(message_page_that_is_read_only, "a message page is aligned, writable and ordinary memory",
      cap_set_rights(&thread_at(world.stopped)->slots[PLACE_THREAD_MESSAGE].cap, RIGHT_READ))
NAMES(fault_handler_that_cannot_be_sent_to, "a fault handler is an endpoint that can be sent to", {
    set_fault_handler(world.stopped, world.badged);
    cap_set_rights(&thread_at(world.stopped)->slots[PLACE_THREAD_FAULT].cap, 0);
})
NAMES(timeout_handler_that_cannot_be_sent_to, "a timeout handler is an endpoint that can be sent to", {
    set_timeout_handler(world.stopped, world.badged);
    cap_set_rights(&thread_at(world.stopped)->slots[PLACE_THREAD_TIMEOUT].cap, 0);
})

/* Its priority queue holds one thread less than wait. */
static void unqueue(struct priority_queue *queue, cap_t thread)
{
    queue_remove(queue, &thread_at(thread)->wait_node);
}

static void unlist(struct endpoint *endpoint, const struct thread *thread)
{
    if (thread->prev)
        thread->prev->next = thread->next;
    else
        endpoint->newest = thread->next;
    if (thread->next)
        thread->next->prev = thread->prev;
}

NAMES(sender_in_no_queue, "a thread that sends is queued at an endpoint with senders", {
    unqueue(&endpoint_at(world.queue)->waiters, world.sender[0]);
    unlist(endpoint_at(world.queue), thread_at(world.sender[0]));
})
NAMES(receiver_in_no_queue, "a thread that receives is queued at an endpoint with receivers", {
    endpoint_at(world.idle_endpoint)->receiver = NULL;
    endpoint_at(world.idle_endpoint)->state = ENDPOINT_IDLE;
})
NAMES(waiter_in_no_queue, "a thread that waits is queued at a notification",
      unqueue(&notification_at(world.notification)->waiters, world.waiter[0]))
NAMES(caller_of_no_reply, "a thread that calls is the caller of a Reply that is owed", {
    thread_at(world.stopped)->state = THREAD_STATE_CALLING;
    thread_at(world.stopped)->waits_at = object_at(world.free_reply);
})
NAMES(stopped_thread_that_waits, "a thread that does not wait is queued nowhere",
      thread_at(world.stopped)->waits_at = object_at(world.queue))
NAMES(ready_thread_that_does_not_know, "a thread knows if it is in the ready queue",
      thread_at(world.low[0])->ready = false)
NAMES(thread_that_was_forgotten, "a runnable thread is in the ready queue, or its context waits for time",
      ready_remove(core(), thread_at(world.low[0])))
NAMES(current_thread_in_the_ready_queue,
      "the ready queue holds runnable threads with a context, and not the current one",
      ready_append(core(), root_thread()))
NAMES(runnable_thread_without_a_space, "a runnable thread has an address space", {
    checker_take_out(&thread_at(world.low[0])->slots[PLACE_THREAD_SPACE]);
    thread_at(world.low[0])->space = NULL;
})
NAMES(thread_whose_context_is_anothers, "a thread's context knows it", {
    delete (SC_OF(world.bound));
    thread_at(world.bound)->sc = sc_at(world.stopped);
})
NAMES(thread_that_owns_anothers_context, "a context knows its owner", {
    delete (SC_OF(world.bound));
    thread_at(world.bound)->owned = sc_at(world.stopped);
})
NAMES(latest_reply_of_another_server, "a thread's latest Reply knows its server",
      thread_at(world.stopped)->reply = reply_at(world.armed))
NAMES(two_threads_bound_to_one_notification, "a bound notification knows its thread",
      thread_at(world.stopped)->notification = notification_at(world.bound_notification))
NAMES(receiver_that_missed_a_signal, "a receiver with time does not wait while its notification has bits", {
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    DO(world.receiver, OP_THREAD_BIND_NOTIFICATION, notification);
    notification_at(notification)->bits = 1;
})
NAMES(fault_that_is_not_handled, "a thread with a fault waits for its handler",
      thread_at(world.low[0])->fault = FAULT_PAGE)
NAMES(sender_of_a_fault_without_one, "a thread sends a fault exactly if it has one",
      thread_at(world.sender[0])->sending |= SENDING_FAULT)
NAMES(thread_that_lacks_a_context_and_does_not_fault,
      "a runnable thread without a context waits for one, or is deferred", {
          DO(SC_OF(world.low[0]), OP_SCHED_CONTEXT_UNBIND);
          thread_at(world.low[0])->lacks_context = LACKS_WITHDRAWN;
      })
NAMES(thread_that_could_run_before_its_exception_is_raised,
      "a thread with an exception that is not raised yet does not run or wait",
      thread_at(world.low[0])->trapped = true)
NAMES(stopped_thread_that_is_deferred, "a stopped thread is in no queue",
      thread_at(world.stopped)->deferred = true)

/* ---- Keys */

NAMES(rare_thread_whose_key_says_that_it_is_plain, "a thread's key tells exactly what is rare about it",
      thread_at(world.low[0])->key &= (1u << KEY_RARE_SHIFT) - 1)
NAMES(plain_thread_whose_key_says_that_it_is_rare, "a thread's key tells exactly what is rare about it",
      root_thread()->key |= RARE_TRUNCATED)
NAMES(thread_whose_home_is_no_core, "a thread's home is a core",
      thread_at(world.stopped)->key |= CONFIG_CORES << KEY_HOME_SHIFT)
NAMES(least_key_below_a_ready_thread,
      "a core's least key tells the highest ready priority, or that something is rare", core()->min_key = 0)

/* ---- The core */

NAMES(bitmap_without_a_bit, "the bitmap tells which ready queues are not empty", core()->ready_bitmap[0] = 0)
NAMES(bitmap_of_words_without_a_bit, "a bit tells which words of the bitmap are not zero",
      core()->ready_words = 0)
NAMES(ready_queue_with_a_broken_link, "neighbours in the ready queue point to each other",
      thread_at(world.low[1])->prev = NULL)
NAMES(thread_in_the_queue_of_another_priority, "a thread is in the queue of its priority", {
    static struct thread ghost = { .state = THREAD_STATE_RUNNABLE, .key = 50 };
    core()->ready[51] = (struct thread_queue){ &ghost, &ghost };
    core()->ready_bitmap[0] |= 1ull << 51;
})
NAMES(ready_queue_without_its_last, "a ready queue knows its last thread",
      core()->ready[50].last = thread_at(world.low[0]))
NAMES(front_of_the_ready_queue_that_is_not_ready, "who is in front of the ready queue is ready", {
    static struct thread ghost = { .state = THREAD_STATE_RUNNABLE, .key = 255 };
    core()->front = &ghost;
})
NAMES(front_of_the_ready_queue_behind_a_better_one,
      "who is in front of the ready queue has the highest priority in it", {
          static struct thread ghost = { .state = THREAD_STATE_RUNNABLE, .key = 1, .ready = true };
          core()->front = &ghost;
      })
NAMES(current_thread_on_anothers_context, "the current thread is runnable, on the context that is charged",
      core()->context = sc_at(world.stopped))
NAMES(anothers_space_loaded, "the space of the current thread is loaded",
      core()->space = object_at(world.space))
NAMES(fpu_on_for_somebody_else, "the FPU is on exactly for its owner", core()->fpu_on = true)
NAMES(fpu_owner_that_may_not_use_it, "only a thread with the attribute owns the FPU",
      core()->fpu_owner = thread_at(world.stopped))
NAMES(context_that_waits_for_another_time, "a context waits for its first refill",
      sc_at(world.starved)->refills[sc_at(world.starved)->head].time++)
NAMES(context_that_waits_for_nobody, "a context waits for time only if its thread wants to run", {
    queue_insert(&core()->replenishments, &sc_at(world.stopped)->replenish_node,
                 refill_head(sc_at(world.stopped))->time);
})

/* ---- Time */

static struct sched_context *starved(void)
{
    return sc_at(world.starved);
}

NAMES(budget_above_its_period, "a budget is at most its period", starved()->period = 5)
NAMES(refills_outside_of_their_ring, "refills fit into their ring", starved()->count = starved()->max + 1)
NAMES(slice_of_one_part, "a time slice has two parts: what is left, and what is used",
      sc_at(world.stopped)->count = 1)
NAMES(refills_out_of_order, "refills are in order of time", sc_at(world.stopped)->refills[1].time = 0)
NAMES(empty_refill, "no refill is empty", {
    set_budget(SC_OF(world.stopped), 1000000, 20000000, 0);
    sc_at(world.stopped)->refills[0].amount = 0;
})
NAMES(refill_that_does_not_add_up, "refills sum up to the budget",
      refill_head(sc_at(world.stopped))->amount++)
NAMES(refill_that_is_not_worth_a_switch, "the first refill is worth a switch, or all of the budget", {
    struct sched_context *sc = sc_at(world.stopped);
    sc->period = 2 * sc->budget;
    sc->refills[0].amount = 1;
    sc->refills[1] = (struct refill){ sc->refills[0].time, sc->budget - 1 };
})
NAMES(refill_later_than_a_period, "no refill is later than the first one plus a period",
      sc_at(world.stopped)->refills[1].time += 1000000000)
NAMES(context_without_a_budget_that_is_bound, "a context without a budget is with nobody",
      sc_at(world.stopped)->budget = 0)
NAMES(ready_thread_without_time, "the context of a thread in the ready queue has time", {
    for (unsigned i = 0; i < 2; i++)
        sc_at(world.low[0])->refills[i].time += 1000000000;
})
NAMES(choice_that_was_not_made, "who runs was chosen on the way out of the kernel", core()->reschedule = true)
NAMES(better_thread_that_does_not_run, "nobody is ready who has a higher priority than the current thread",
      thread_set_key_priority(root_thread(), 10))
NAMES(running_context_that_waits_for_time, "a context waits for time only if its thread wants to run", {
    queue_insert(&core()->replenishments, &sc_at(world.stopped)->replenish_node, 5);
    refill_head(sc_at(world.stopped))->time = 5;
})
NAMES(running_context_that_waits, "the context that runs does not wait for time",
      queue_insert(&core()->replenishments, &core()->context->replenish_node,
                   refill_head(core()->context)->time))
NAMES(running_context_without_time, "the context that runs has time", {
    for (unsigned i = 0; i < 2; i++)
        core()->context->refills[i].time = host.ticks + 1;
})
NAMES(running_context_that_makes_up_for_too_much,
      "what a context missed for longer than a period is gone when it runs", {
          host_time_advance(100000000);
          set_budget(BOOT_SLOT_SCHED_CONTEXT, 1000000, 20000000, 0);
          refill_head(core()->context)->time = 0;
      })
NAMES(idle_core_with_ready_threads, "a core is idle only if nobody is ready", {
    root_thread()->state = THREAD_STATE_STOPPED;
    core()->current = NULL;
})

static void all_stop(void)
{
    for (unsigned i = 0; i < 2; i++)
        DO(world.low[i], OP_THREAD_SUSPEND, 0);
    DO(world.server[1], OP_THREAD_SUSPEND, 0);
    DO(world.caller, OP_THREAD_SUSPEND, 0);
    DO(world.server[0], OP_THREAD_SUSPEND, 0);
    root_sleep();
    EXPECT(current() == NULL);
}

NAMES(idle_core_that_charges_somebody, "an idle core charges nobody", {
    all_stop();
    core()->context = sc_at(world.stopped);
})
NAMES(slice_with_another_end, "the slice that runs lasts as long as the core believes",
      core()->slice_end += 1)
NAMES(user_timer_that_is_late, "the timer fires not later than the user timer", {
    core()->user_deadline = host.ticks + 5;
    core()->timer_armed = host.ticks + 6;
})
NAMES(replenishment_that_is_late, "the timer fires not later than the next replenishment",
      core()->timer_armed = TICKS_NEVER)
NAMES(end_of_the_refill_that_is_late, "the timer fires not later than the end of the refill that is used", {
    DO(world.starved, OP_THREAD_SUSPEND, 0);
    core()->timer_armed = TICKS_NEVER;
})

static void defer(cap_t thread)
{
    struct thread *deferred = thread_at(thread);

    if (deferred->ready)
        ready_remove(core(), deferred);
    deferred->deferred = true;
    deferred->fault = FAULT_PAGE;
    deferred->next = deferred->prev = NULL;
    core()->deferred = (struct thread_queue){ deferred, deferred };
}

NAMES(deferred_thread_that_is_kept_waiting, "the timer fires at once if threads are deferred",
      defer(world.low[0]))
NAMES(deferred_list_with_a_broken_link, "neighbours in the list of deferred threads point to each other", {
    defer(world.low[0]);
    thread_at(world.low[0])->prev = thread_at(world.low[1]);
})
NAMES(deferred_thread_that_is_ready, "a deferred thread is runnable, but does not run", {
    defer(world.low[0]);
    core()->current = thread_at(world.low[0]);
    core()->context = sc_at(world.low[0]);
    ready_append(core(), root_thread());
})
NAMES(deferred_thread_without_a_reason, "a deferred thread is to fault or to stop", {
    defer(world.low[0]);
    thread_at(world.low[0])->fault = FAULT_NONE;
})
NAMES(deferred_list_without_its_last, "the list of deferred threads knows its last", {
    defer(world.low[0]);
    core()->deferred.last = NULL;
})
