# SPDX-License-Identifier: BSD-2-Clause
"""What a kernel for several cores costs paths that stay on one: a part of the suite `bench` (docs/bench.md, "Several cores").

Each entry takes the core's lock and lets it go, looks whose the objects are, and does not know its core as a constant. That may cost so many
instructions an entry, more than the same path on a kernel for one core. A message with capabilities is not here: it takes the tree lock, too.
"""
from dataclasses import dataclass

ALLOWED = 12  # instructions, for each entry into the kernel
# Path -> entries into the kernel in one round: system calls and faults.
ENTRIES = {
    "call": 1, "reply_recv": 1, "call_10_words": 1, "reply_recv_10_words": 1,
    "call_reply_registers": 2, "call_reply_10_words": 2, "call_reply_64_words": 2, "call_reply_same_space": 2,
    "send_to_higher": 2, "signal_nobody": 1, "signal_to_higher": 2, "notification_ping_pong": 4,
    "page_fault": 2, "exception": 2, "yield_alone": 1, "poll_empty": 1,
}


@dataclass(frozen=True)
class Difference:
    """One path, on a kernel for one core and on one for several."""
    path: str
    one: int | None
    several: int | None

    @property
    def allowed(self):
        return ALLOWED * ENTRIES[self.path]

    @property
    def wrong(self):
        """A sentence, or nothing."""
        if self.one is None or self.several is None:
            return f"{self.path}: expected to be measured with one core and with several; seen {self.one} and {self.several}"
        if self.several - self.one > self.allowed:
            return (f"{self.path}: expected at most {self.allowed} instructions more than with one core ({ALLOWED} an entry); "
                    f"seen {self.several - self.one}, {self.several} instead of {self.one}")
        return ""


def differences(one, several):
    """Of the figures of two builds."""
    seen_one, seen_several = ({figure.path: figure.instructions for figure in figures} for figures in (one, several))
    return [Difference(path, seen_one.get(path), seen_several.get(path)) for path in ENTRIES]
