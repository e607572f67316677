/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lock sets, parking, taking away, wake-ups: the protocol of kernel/sched/lock.c and remote.c on three cores, for Spin.
 *
 * There are three threads, and an endpoint at which one of them can wait. In the beginning core 0 runs thread 0, core 1 runs thread 1, and
 * core 2 is idle: thread 2, which is core 2's, waits at the endpoint, whose home is core 1. So a signal from core 0 meets three homes.
 * Then the cores make ENTRIES entries in all, any core at any time:
 *
 *     RECEIVE     wait at the endpoint, unless somebody does; the endpoint moves home to the core of who waits
 *     SIGNAL      wake who waits at the endpoint
 *     MOVE        move any other thread here, taking it away from the core on which it runs
 *     DESTROY     destroy any other thread, likewise
 *     UNMAP       take the tree lock, and have all other cores flush
 *     and the timer, while idle
 *
 * What is claimed, and how it is said:
 *
 *     no deadlock             no invalid end state (a core that waits for a lock or an answer is not at an end label)
 *     mutual exclusion        `begin` marks what is touched, `finish` unmarks: never marked already, and the home's lock is held
 *     no lost wake-up         in the end no core is idle while a thread of it is ready (end of `init`)
 *     who is taken away       `use`: no core reads or writes a thread that was destroyed; and after PARK it is not in user mode
 *     a call is done once     `in_call`: a thread goes on only after its call was carried out or set back, and never both
 *
 * Model and C:
 *
 *     queue[l]                struct ticket_lock: who has drawn a ticket, in order; the first has the lock. queue[TREE]: tree_lock
 *     take                    ticket_take, lock_wait                  lock.h, lock.c
 *     lock_more               lock_home and lock_all when they return false: lock_take_two, lock_take_all
 *     release_others          lock_release_others, release_other
 *     answer, ask, wait_for_answer, remote_take                       remote.c
 *     look_up                 ipc_send_locks and the like: what is needed and not held, in `want`
 *     is_void                 entry_is_void                           syscall.c
 *     perform                 what may change things, since all that it touches is locked
 *     choose                  scheduler_run
 *     Core                    entry and exit of the port, kernel_syscall, kernel_timer, kernel_ipi
 *
 * Memory is sequentially consistent here: what the C code's atomic operations are for is not seen. A step without a lock is one access.
 * -DFEWER_OPERATIONS (no UNMAP, no DESTROY) makes the search smaller. -DMISTAKE_x plants a mistake, which Spin must find: see tool/lucid/suites/spin.py.
 */
#define CORES   3
#define TREE    3 /* index of the tree lock */
#define NOBODY  3 /* no thread */
#define ENDPOINT 3 /* index in `marked`, behind the threads */
#define TREE_DATA 4

#define ONE 0 /* lock sets */
#define TWO 1
#define ALL 2

#define PARK       1 /* requests */
#define FLUSH      2
#define RESCHEDULE 4

#define NOTHING 4 /* what look_up wants: a home, or one of these */
#define EVERYTHING 5

mtype = { RECEIVE, SIGNAL, MOVE, DESTROY, UNMAP };

chan queue[4] = [CORES] of { byte };

/* struct core */
byte current[CORES];
bool reschedule[CORES], in_syscall[CORES];
byte requests[CORES];
bool interrupt[CORES]; /* pending at its interrupt controller */
/* struct thread */
byte home[CORES];
bool ready[CORES], blocked[CORES];
/* struct endpoint */
byte endpoint_home = 1, waiter = 2;

/* What only the claims need. */
byte entries = ENTRIES;
bool in_user[CORES];
bool gone[CORES], in_call[CORES];
bool marked[5];

#define has(core) ((core) == me || set == ALL || (set == TWO && other == (core)))
#define use(thread) assert(!gone[thread])

inline begin(object, its_home)
{
    assert(has(its_home) && !marked[object]);
    marked[object] = true
}

inline finish(object)
{
    marked[object] = false
}

/* ---- remote.c */

inline answer()
{
    d_step {
        asked = requests[me];
        if
        :: asked & PARK -> use(current[me])
        :: else
        fi
    }
    d_step { requests[me] = requests[me] & ~asked; }
}

inline ask(core, request)
{
    requests[core] = requests[core] | (request);
    interrupt[core] = true
}

inline wait_for_answer(core, request)
{
    do
    :: !(requests[core] & (request)) -> break
    :: requests[me] -> answer()
    od
}

/* x is in no queue afterwards. */
inline remote_take(x)
{
    begin(x, home[x]);
    if
    :: home[x] != me && current[home[x]] == x ->
        ask(home[x], PARK);
#ifndef MISTAKE_NO_WAIT
        wait_for_answer(home[x], PARK);
#endif
        atomic {
            assert(!in_user[home[x]]);
            if
            :: in_syscall[home[x]] ->
#ifndef MISTAKE_NO_RESTART
                assert(in_call[x]);
                in_call[x] = false;
#endif
            :: else
            fi;
            in_syscall[home[x]] = false;
            current[home[x]] = NOBODY;
            reschedule[home[x]] = true
        }
    :: else
    fi;
    ready[x] = false
}

/* ---- lock.c */

inline take(lock)
{
    atomic {
        queue[lock]!me;
        if
        :: queue[lock]?[eval(me)] -> skip
        :: else ->
            do
            :: queue[lock]?[eval(me)] -> break
#ifndef MISTAKE_DEAF
            :: requests[me] -> answer()
#endif
            od
        fi
    }
}

inline release(lock)
{
    queue[lock]?eval(me)
}

inline release_others()
{
    for (i : 0 .. CORES - 1) {
        if
        :: i != me && has(i) ->
            d_step { flag = reschedule[i]; queue[i]?eval(me); }
            if
#if defined(MISTAKE_EARLY_INTERRUPT)
            :: flag -> skip
#elif defined(MISTAKE_NO_RESCHEDULE_BIT)
            :: flag -> interrupt[i] = true
#else
            :: flag -> ask(i, RESCHEDULE)
#endif
            :: else
            fi;
            flag = false
        :: else
        fi
    }
    atomic { set = ONE; other = 0; i = 0 }
}

inline lock_more()
{
    d_step { if :: set == TWO -> want = EVERYTHING :: else fi; first = (want < me -> want : me); second = (want < me -> me : want); }
    release_others();
    release(me);
    if
    :: want == EVERYTHING -> take(0); take(1); take(2); set = ALL
    :: else ->
#ifdef MISTAKE_ORDER
        take(me); take(want);
#else
        take(first); take(second);
#endif
        set = TWO; other = want
    fi;
    d_step { first = 0; second = 0; }
}

/* ---- Entries. */

inline need(core)
{
    if
    :: want == NOTHING && !has(core) -> want = core
    :: else
    fi
}

inline look_up()
{
    d_step {
        want = NOTHING;
        if
        :: operation == RECEIVE -> need(endpoint_home)
        :: operation == SIGNAL ->
            need(endpoint_home);
            if
            :: want == NOTHING && waiter != NOBODY -> need(home[waiter])
            :: else
            fi
        :: operation == MOVE -> need(home[target])
        :: operation == DESTROY && set != ALL -> want = EVERYTHING
        :: else
        fi
    }
}

inline make_ready(x)
{
    d_step { blocked[x] = false; ready[x] = true; }
    if
    :: reschedule[home[x]] = true
    :: current[home[x]] != NOBODY /* which has a higher priority */
    fi
}

inline perform()
{
    use(thread);
    assert(in_call[thread] && current[me] == thread);
    if
    :: operation == RECEIVE ->
        begin(ENDPOINT, endpoint_home);
        d_step {
            if
            :: waiter == NOBODY -> waiter = thread; blocked[thread] = true; endpoint_home = me; reschedule[me] = true
            :: else
            fi
        }
        finish(ENDPOINT)
    :: operation == SIGNAL ->
        begin(ENDPOINT, endpoint_home);
        if
        :: waiter != NOBODY ->
            begin(waiter, home[waiter]);
#ifdef MISTAKE_EARLY_INTERRUPT
            if :: home[waiter] != me -> ask(home[waiter], RESCHEDULE) :: else fi;
#endif
            make_ready(waiter);
            finish(waiter);
            waiter = NOBODY
        :: else
        fi;
        finish(ENDPOINT)
    :: operation == MOVE ->
        if
        :: gone[target] -> skip
        :: else ->
            remote_take(target);
            home[target] = me;
            finish(target);
            if
            :: !blocked[target] -> make_ready(target)
            :: else
            fi
        fi
    :: operation == DESTROY ->
        remote_take(target);
        d_step { gone[target] = true; if :: waiter == target -> waiter = NOBODY :: else fi; }
        finish(target)
    :: operation == UNMAP ->
        take(TREE);
        begin(TREE_DATA, me);
        for (i : 0 .. CORES - 1) { if :: i != me -> ask(i, FLUSH) :: else fi }
        for (i : 0 .. CORES - 1) { if :: i != me -> wait_for_answer(i, FLUSH) :: else fi }
        i = 0;
        finish(TREE_DATA);
        release(TREE)
    fi;
    in_call[thread] = false
}

/* The call of a thread that is still here begins anew. */
inline drop()
{
    d_step {
        if
        :: current[me] == thread && thread != NOBODY -> use(thread); assert(in_call[thread]); in_call[thread] = false
        :: else
        fi
    }
}

inline choose()
{
    if
    :: reschedule[me] ->
        atomic {
            if
            :: current[me] != NOBODY && !blocked[current[me]] -> use(current[me]); ready[current[me]] = true
            :: else
            fi;
            reschedule[me] = false;
            if
            :: ready[0] && home[0] == me -> current[me] = 0
            :: ready[1] && home[1] == me -> current[me] = 1
            :: ready[2] && home[2] == me -> current[me] = 2
            :: else -> current[me] = NOBODY
            fi;
            if
            :: current[me] != NOBODY -> use(current[me]); ready[current[me]] = false
            :: else
            fi
        }
    :: else
    fi
}

/* Registers go into the thread's context before any lock is held. */
inline enter()
{
    if
    :: current[me] != NOBODY -> use(current[me])
    :: else
    fi;
    in_user[me] = false
}

inline leave()
{
    release_others();
    release(me);
    d_step {
        if
        :: current[me] != NOBODY -> use(current[me]); assert(!in_call[current[me]]); in_user[me] = true
        :: else
        fi;
        thread = 0; target = 0; operation = 0; want = 0; asked = 0
    }
}

#ifdef MISTAKE_NO_VOID
#define is_void false
#else
#define is_void (reschedule[me] && current[me] == NOBODY)
#endif

inline syscall()
{
    d_step { in_call[current[me]] = true; in_syscall[me] = true; }
    take(me);
    thread = current[me];
    if
    :: is_void -> drop()
    :: else ->
        do
        :: true ->
            look_up();
            if
            :: want == NOTHING -> in_syscall[me] = false; perform(); break
            :: else ->
                lock_more();
                if
                :: is_void -> drop(); break
                :: else ->
#ifdef MISTAKE_NO_SECOND_LOOK_UP
                    in_syscall[me] = false; perform(); break
#endif
                fi
            fi
        od
    fi;
    in_syscall[me] = false;
    choose();
    leave()
}

proctype Core(byte me)
{
    byte set = ONE, other, thread, target, want, asked, i, first, second;
    mtype operation;
    bool flag;

end_user_or_idle:
    do
    :: atomic { interrupt[me] -> interrupt[me] = false; enter() }
        /* kernel_ipi */
        answer();
        if
        :: asked == FLUSH -> d_step { asked = 0; in_user[me] = current[me] != NOBODY; }
#ifdef MISTAKE_EARLY_INTERRUPT
        :: asked == RESCHEDULE && !reschedule[me] -> d_step { asked = 0; in_user[me] = current[me] != NOBODY; }
#endif
        :: else -> take(me); choose(); leave()
        fi
    :: atomic { entries > 0 && current[me] == NOBODY -> entries--; enter() }
        take(me); choose(); leave() /* kernel_timer */
    :: atomic { entries > 0 && current[me] != NOBODY -> entries--; enter();
            if
            :: operation = RECEIVE
            :: operation = SIGNAL
            :: operation = MOVE
#ifndef FEWER_OPERATIONS
            :: operation = UNMAP
            :: operation = DESTROY
#endif
            fi;
            if
            :: operation == MOVE || operation == DESTROY ->
                if
                :: !gone[(current[me] + 1) % 3] -> target = (current[me] + 1) % 3
                :: !gone[(current[me] + 2) % 3] -> target = (current[me] + 2) % 3
                :: else -> operation = SIGNAL
                fi
            :: else
            fi
        }
        syscall()
    od
}

init
{
    byte i;

    atomic {
        for (i : 0 .. CORES - 1) { home[i] = i; current[i] = i; in_user[i] = true }
        current[2] = NOBODY;
        in_user[2] = false;
        blocked[2] = true;
        for (i : 0 .. CORES - 1) { run Core(i) }
    }
    /* Nobody can do anything any more. */
    timeout;
    for (i : 0 .. CORES - 1) {
        assert(!reschedule[i] && !(current[home[i]] == NOBODY && ready[i]))
    }
}
