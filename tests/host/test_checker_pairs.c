/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checker names what was damaged: a living object and a dead one that still know each other. The dead ones are ghosts: they look right,
 * but no capability is to them.
 */
#include "checker_world.h"

static struct thread ghost;
static struct reply ghost_reply;
static struct notification ghost_notification;
static _Alignas(16) char ghost_memory[512];
#define GHOST_CONTEXT ((struct sched_context *)(void *)ghost_memory)

static struct core *core(void)
{
    return core_self();
}

NAMES(context_with_a_dead_thread,
      "the contexts that threads have are those that a thread has, all of them alive", {
          thread_at(world.stopped)->sc = NULL;
          ghost.sc = sc_at(world.stopped);
          sc_at(world.stopped)->thread = &ghost;
      })
NAMES(thread_with_a_dead_context,
      "the contexts that threads have are those that a thread has, all of them alive", {
          DO(SC_OF(world.stopped), OP_SCHED_CONTEXT_UNBIND);
          GHOST_CONTEXT->thread = thread_at(world.stopped);
          thread_at(world.stopped)->sc = GHOST_CONTEXT;
      })
NAMES(context_with_a_dead_owner, "the contexts that threads own are those with an owner, all of them alive", {
    thread_at(world.stopped)->owned = NULL;
    ghost.owned = sc_at(world.stopped);
    sc_at(world.stopped)->owner = &ghost;
})
NAMES(notification_with_a_dead_thread,
      "the notifications that threads are bound to are those with a bound thread, all alive", {
          thread_at(world.bound)->notification = NULL;
          ghost.notification = notification_at(world.bound_notification);
          notification_at(world.bound_notification)->bound = &ghost;
      })
NAMES(thread_with_a_dead_notification,
      "the notifications that threads are bound to are those with a bound thread, all alive", {
          ghost_notification.bound = thread_at(world.stopped);
          thread_at(world.stopped)->notification = &ghost_notification;
      })
NAMES(thread_with_a_dead_reply,
      "the Replies that threads have as their latest are those with a server, all alive", {
          ghost_reply.server = thread_at(world.stopped);
          thread_at(world.stopped)->reply = &ghost_reply;
      })
NAMES(reply_with_a_dead_server,
      "the Replies that threads have as their latest are those with a server, all alive", {
          thread_at(world.server[0])->reply = NULL;
          ghost.reply = reply_at(world.owed[0]);
          reply_at(world.owed[0])->server = &ghost;
      })
NAMES(caller_of_a_dead_reply, "the threads that call are the callers of Replies, all of them alive", {
    ghost_reply.state = REPLY_OWED;
    ghost_reply.caller = thread_at(world.stopped);
    thread_at(world.stopped)->state = THREAD_STATE_CALLING;
    thread_at(world.stopped)->waits_at = &ghost_reply;
})
NAMES(dead_link_of_a_context,
      "the Replies that donated a context are the links of contexts, all of them alive", {
          struct sched_context *sc = sc_at(world.caller);
          ghost_reply = (struct reply){ .state = REPLY_OWED, .sc = sc, .chain_number = sc->chain_number - 1 };
          sc->cut = &ghost_reply;
      })
NAMES(dead_thread_in_a_queue,
      "the threads that wait in queues are those that the queues hold, all of them alive", {
          ghost = (struct thread){ .state = THREAD_STATE_WAITING,
                                   .waits_at = object_at(world.notification),
                                   .key = 3,
                                   .sequence = 1000 };
          queue_insert(&notification_at(world.notification)->waiters, &ghost.wait_node,
                       thread_waiter_key(3, 1000));
      })
NAMES(dead_thread_in_the_ready_queue,
      "the threads that are ready are those in the ready queue, all of them alive", {
          ghost.key = 51;
          ghost.ready = true;
          core()->ready[51] = (struct thread_queue){ &ghost, &ghost };
          core()->ready_bitmap[0] |= 1ull << 51;
      })
NAMES(dead_thread_that_is_deferred,
      "the threads that are deferred are those in the core's list, all of them alive",
      core()->deferred = ((struct thread_queue){ &ghost, &ghost }))
NAMES(dead_context_that_waits_for_time,
      "the contexts that wait for time are those in the core's queue, all alive", {
          static struct thread runnable = { .state = THREAD_STATE_RUNNABLE };
          GHOST_CONTEXT->thread = &runnable;
          GHOST_CONTEXT->refills[0].time = ~0ull;
          queue_insert(&core()->replenishments, &GHOST_CONTEXT->replenish_node, ~0ull);
      })
NAMES(number_of_a_dead_space, "the spaces with a number are the owners of numbers, all of them alive", {
    static _Alignas(8192) char memory_of_ghost[8192];
    space_init((struct address_space *)(void *)memory_of_ghost, 99);
})
NAMES(line_of_a_dead_handler, "the handlers with a line are the owners of lines, all of them alive", {
    static struct irq_handler handler;
    irq_handler_init(&handler, 20);
})
NAMES(current_thread_that_is_dead, "the current thread is alive", {
    ghost = (struct thread){ .state = THREAD_STATE_RUNNABLE, .sc = core()->context, .space = core()->space };
    core()->current = &ghost;
    ready_prepend(core(), root_thread());
})
NAMES(charged_context_that_is_dead, "the context that is charged is alive", {
    core()->current = NULL;
    ready_prepend(core(), root_thread());
    core()->context = GHOST_CONTEXT;
})
NAMES(loaded_space_that_is_dead, "the space that is loaded is alive", {
    core()->current = NULL;
    ready_prepend(core(), root_thread());
    core()->space = (struct address_space *)(void *)ghost_memory;
})
NAMES(fpu_owner_that_is_dead, "the owner of the FPU is alive", {
    ghost.attributes = THREAD_FPU;
    core()->fpu_owner = &ghost;
})
