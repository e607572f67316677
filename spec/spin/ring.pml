/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring between a producer and a consumer (lib/include/lucid/ring.h): with every interleaving of their looks at each other's index and
 * flag, no entry is lost or comes twice, and nobody waits for a signal that never comes.
 *
 * Each access to shared memory is a step of its own: they are sequentially consistent there. A signal is a bit that a wait takes, as of a
 * notification. `mine` and `limit` are each side's own; entries are numbered, and the places hold their numbers.
 *
 * MISTAKE_x plants one: tool/lucid/suites/spin.py says which and what has to come of it.
 */
#ifndef ENTRIES
#define ENTRIES 4
#endif
#ifndef PLACES
#define PLACES 2
#endif

byte place[PLACES];
byte published, released;           /* the two indices */
bit producer_sleeps, consumer_sleeps;
bit to_producer, to_consumer;       /* signals */

inline wait(signal)
{
    atomic { signal == 1; signal = 0 }
}

/* After the index was written: signal the other if it sleeps. */
inline tell(flag, signal)
{
    if
    :: flag == 1 -> signal = 1
    :: else
    fi
}

active proctype producer()
{
    byte mine = 0, limit = PLACES, shown = 0;
    bit early;
    do
    :: mine == ENTRIES -> break
    :: else ->
        if
        :: mine == limit -> limit = released + PLACES
        :: else
        fi;
        if
        :: mine != limit ->
            place[mine % PLACES] = mine;
            mine++
        :: else ->              /* full: show, say that it sleeps, look once more, wait */
            if
            :: shown != mine -> shown = mine; published = mine; tell(consumer_sleeps, to_consumer)
            :: else
            fi;
#ifndef MISTAKE_LATE_FLAG
            producer_sleeps = 1;
#endif
#ifndef MISTAKE_NO_SECOND_LOOK
            limit = released + PLACES;
#endif
#ifdef MISTAKE_LATE_FLAG
            if
            :: mine == limit -> producer_sleeps = 1
            :: else
            fi;
#endif
            if
            :: mine == limit -> wait(to_producer)
            :: else
            fi;
            producer_sleeps = 0
        fi;
        if                      /* publish now, or after more */
        :: mine != shown ->
#ifdef MISTAKE_EARLY_TELLING
            early = consumer_sleeps; shown = mine; published = mine; tell(early, to_consumer)
#else
            shown = mine; published = mine; tell(consumer_sleeps, to_consumer)
#endif
        :: true
        fi
    od;
    if
    :: shown != mine -> published = mine; tell(consumer_sleeps, to_consumer)
    :: else
    fi
}

active proctype consumer()
{
    byte mine = 0, limit = 0, shown = 0;
    do
    :: mine == ENTRIES -> break
    :: else ->
        if
        :: mine == limit -> limit = published
        :: else
        fi;
        if
        :: mine != limit ->
#ifdef MISTAKE_EARLY_RELEASE
            released = mine + 1; shown = mine + 1; tell(producer_sleeps, to_producer);
#endif
            assert(place[mine % PLACES] == mine);
            mine++
        :: else ->
            if
            :: shown != mine -> shown = mine; released = mine; tell(producer_sleeps, to_producer)
            :: else
            fi;
            consumer_sleeps = 1;
            limit = published;
            if
            :: mine == limit -> wait(to_consumer)
            :: else
            fi;
            consumer_sleeps = 0
        fi;
        if
        :: mine != shown -> shown = mine; released = mine; tell(producer_sleeps, to_producer)
        :: true
        fi
    od
}
