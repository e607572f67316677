/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Output: a ring of bytes that the serial line empties at its own speed.
 *
 * `head` and `tail` only grow; their difference is what is in the ring. When it is full, the console waits
 * for the serial line here, and its clients wait at the endpoint: that is all the flow control there is. The
 * wait is for the component's notification. The supervisor's news, its only other signal, are signalled again
 * when the wait is over, so that the server loop gets them.
 */
#include "screen.h"
#include "input.h"
#include "uart.h"

#define RING_BYTES 4096u /* a power of two */

static char ring[RING_BYTES];
static size_t head, tail;
static bool line_start = true;
static cap_t news_again; /* signals COMPONENT_SIGNAL_NEWS */

void screen_init(void)
{
    news_again = signal_make(COMPONENT_SIGNAL_NEWS);
    assert(news_again);
}

void screen_pump(void)
{
    while (head != tail) {
        size_t at = tail % RING_BYTES;
        size_t count = head - tail;
        if (count > RING_BYTES - at)
            count = RING_BYTES - at;
        size_t sent = uart_send(ring + at, count);
        tail += sent;
        if (sent < count)
            return;
    }
}

void screen_serve(void)
{
    uart_acknowledge();
    do {
        input_pump();
        screen_pump();
    } while (uart_wants());
}

/*
 * Wait until at most `bytes` are left in the ring. The acknowledgement comes before each wait, also the first: the
 * server loop may have taken the signal of an interrupt, and not have handled it yet because the supervisor's
 * news came with it. Those are what fills the ring; and an interrupt that nobody acknowledges is the last.
 */
static void screen_wait(size_t bytes)
{
    bool news = false;

    for (;;) {
        word_t bits = 0;
        screen_serve();
        if (head - tail <= bytes)
            break;
        notification_wait(COMPONENT_SLOT_NOTIFICATION, &bits);
        news |= (bits & COMPONENT_SIGNAL_NEWS) != 0;
    }
    if (news)
        notification_signal(news_again);
}

void screen_drain(void)
{
    screen_wait(0);
}

static void put(char c)
{
    if (head - tail == RING_BYTES)
        screen_wait(RING_BYTES / 2);
    ring[head++ % RING_BYTES] = c;
}

void screen_text(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n')
            put('\r');
        put(text[i]);
    }
    if (length)
        line_start = text[length - 1] == '\n';
}

void screen_put(const char *text)
{
    screen_text(text, strlen(text));
}

bool screen_at_line_start(void)
{
    return line_start;
}
