/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLB shootdown is exact: kernel/sched/remote.c and x86-64's space.c on three cores, for Spin.
 *
 * One page of one address space is mapped to a frame, unmapped, mapped to another frame, and so on, CHANGES times in all, each by any core.
 * All cores have the space loaded and the page in their TLBs; they go to other spaces and back, SWITCHES times in all, and access the page when
 * they are in the space. A TLB keeps what it has under the space's tag while another space is loaded.
 *
 * What is claimed: after an unmap has returned, no core accesses the frame that was mapped (`freed`); and there is no deadlock (no invalid end state).
 *
 * Model and C:
 *
 *     tree                    tree_lock, as in locks.pml; the cores' own locks are left out: nobody asks for them here
 *     entry, tlb              the page's entry in the table, and what a core's TLB holds of it, under the space's tag; 0: nothing
 *     in_space[c], loaded     core->space and the address space register: true if it is the one
 *     stale                   arch_space.stale: a bit for each core
 *     flush_here              remote_answer, flush, arch_tlb_flush_page_here
 *     unmap                   the entry is changed, arch_tlb_flush_page, remote_flush
 *     load, leave             scheduler_switch, arch_space_load, space_load_flushing
 *
 * Memory is sequentially consistent: stores before a load of the address space register are seen before loads after it (see arch_space_load).
 * -DMISTAKE_x plants a mistake, which Spin must find: see tool/lucid/suites/spin.py.
 */
#define CORES 3

chan tree = [CORES] of { byte };
byte entry = 1, frame_of_last = 1, changes = CHANGES, switches = SWITCHES;
bool in_space[CORES], asked[CORES];
byte stale;

#define bit(core) (1 << (core))
bool freed[3] = true;

/* One core at a time asks, and a core that answers does nothing between. */
inline flush_here()
{
    atomic {
        if
        :: loaded -> tlb = 0
        :: else -> stale = stale | bit(me)
        fi;
        asked[me] = false
    }
}

inline wait_for_answer(core)
{
    do
    :: !asked[core] -> break
    :: asked[me] -> flush_here()
    od
}

inline remote_flush()
{
    for (i : 0 .. CORES - 1) {
        if
        :: i != me && in_space[i] -> asked[i] = true
        :: else
        fi
    }
#ifndef MISTAKE_NO_WAIT
    for (i : 0 .. CORES - 1) {
        if
        :: i != me -> wait_for_answer(i)
        :: else
        fi
    }
#endif
    i = 0
}

inline unmap()
{
    frame = entry;
    entry = 0;
#ifndef MISTAKE_NO_MARK
    stale = stale | (7 & ~bit(me));
#endif
    if
    :: loaded -> tlb = 0
    :: else -> stale = stale | bit(me)
    fi;
    remote_flush();
    freed[frame] = true
}

inline change()
{
    tree!me;
    do
    :: tree?[eval(me)] -> break
#ifndef MISTAKE_DEAF
    :: asked[me] -> flush_here()
#endif
    od;
    if
    :: entry != 0 -> unmap()
    :: else -> freed[3 - frame_of_last] = false; entry = 3 - frame_of_last; frame_of_last = entry
    fi;
    frame = 0;
    tree?eval(me)
}

inline load()
{
#ifdef MISTAKE_LATE_TELLING
    loaded = true;
#else
    in_space[me] = true;
    loaded = true;
#endif
    if
    :: stale & bit(me) -> stale = stale & ~bit(me); tlb = 0
    :: else
    fi;
#ifdef MISTAKE_LATE_TELLING
    in_space[me] = true
#endif
}

/* A hit, or a walk of the table. */
inline access()
{
    if
    :: tlb == 0 && entry != 0 -> tlb = entry
    :: else
    fi;
    assert(!tlb || !freed[tlb])
}

proctype Core(byte me)
{
    byte i, frame, tlb = 1; /* what a core has loaded only it can see */
    bool loaded = true;

end_in_user_mode:
    do
    :: asked[me] -> flush_here() /* the interrupt */
    :: loaded -> atomic { access() }
    :: atomic { switches > 0 && !loaded -> switches-- }
        load()
    :: atomic { switches > 0 && loaded -> switches-- }
        in_space[me] = false;
        loaded = false /* another space is loaded */
    :: atomic { changes > 0 -> changes-- }
        change()
    od
}

init
{
    byte i;

    atomic {
        freed[1] = false;
        for (i : 0 .. CORES - 1) { in_space[i] = true }
        run Core(0); run Core(1); run Core(2)
    }
}
