/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Input: a ring of bytes as they came. What is typed before somebody reads waits here, neither shown nor
 * interpreted. When the ring is full, the serial line is told to hold the rest, which in the end holds the
 * pipe or the person that sends: nothing is lost.
 *
 * One key is looked at early: Ctrl-C, while no line is being read, asks the running command to end. What was
 * typed before it is dropped, as it was meant for that command.
 */
#include "input.h"
#include "uart.h"

#define RING_BYTES 1024u /* a power of two */
#define CTRL_C     3

static char ring[RING_BYTES];
static size_t head, tail;
static bool catch_interrupt = true;
static bool interrupted;

void input_pump(void)
{
    char byte;
    while (head - tail < RING_BYTES && uart_receive(&byte)) {
        if (byte == CTRL_C && catch_interrupt) {
            interrupted = true;
            tail = head;
            continue;
        }
        ring[head++ % RING_BYTES] = byte;
    }
    if (head - tail == RING_BYTES)
        uart_receive_enable(false);
}

bool input_take(char *byte)
{
    if (head == tail)
        return false;
    *byte = ring[tail++ % RING_BYTES];
    if (head - tail == RING_BYTES / 2) {
        uart_receive_enable(true);
        input_pump(); /* what the device has held does not interrupt again */
    }
    return true;
}

bool input_interrupted(void)
{
    bool was = interrupted;
    interrupted = false;
    return was;
}

void input_catch_interrupt(bool on)
{
    catch_interrupt = on;
}
