# SPDX-License-Identifier: BSD-2-Clause
"""The host's terminal while a machine runs on it: raw, with Ctrl-A X to leave, and afterwards as it was.

The work is done in a child process; the parent only waits and then restores the terminal. So it is restored
however the work ends, also by a crash or `kill -9`.
"""
import ctypes
import os
import signal
import sys
import termios

ESCAPE = 0x01  # Ctrl-A
HELP = (b"\r\n   Ctrl-A X  leave (ends the machine)\r\n   Ctrl-A H  this text\r\n   Ctrl-A Ctrl-A  send Ctrl-A\r\n")


def is_interactive():
    """True if a person sits at both ends, and this process is the one that the keyboard belongs to."""
    return bool(sys.stdin) and sys.stdin.isatty() and sys.stdout.isatty() and in_foreground()


def is_half():
    """True if a person types, but does not see the output."""
    return bool(sys.stdin) and sys.stdin.isatty() and in_foreground() and not sys.stdout.isatty()


def in_foreground():
    """True if reading standard input would not stop the process (it is no terminal, or ours)."""
    try:
        return not sys.stdin or not sys.stdin.isatty() or os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def raw_mode():
    """Keys come one by one, unchanged and without echo; output is still processed."""
    mode = termios.tcgetattr(0)
    mode[0] &= ~(termios.IGNBRK | termios.BRKINT | termios.PARMRK | termios.ISTRIP | termios.INLCR | termios.IGNCR
                 | termios.ICRNL | termios.IXON)
    mode[3] &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN)
    mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
    termios.tcsetattr(0, termios.TCSANOW, mode)


def guarded(work):
    """Run `work` in a child with the terminal raw; restore the terminal; the child's exit status."""
    saved = termios.tcgetattr(0)
    child = os.fork()
    if child == 0:
        os._exit(_child(work, saved))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: os.kill(child, received))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _, status = os.waitpid(child, 0)
    finally:
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        termios.tcsetattr(0, termios.TCSAFLUSH, saved)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _child(work, saved):
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: the parent was killed
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        raw_mode()
        return work()
    except SystemExit as leaving:
        return leaving.code
    finally:
        termios.tcsetattr(0, termios.TCSANOW, saved)


class Keys:
    """What a person types, without the Ctrl-A commands. `take` returns the bytes for the guest, or None to
    leave."""

    def __init__(self):
        self.escaped = False

    def take(self, data):
        for_guest = bytearray()
        for byte in data:
            if not self.escaped:
                self.escaped = byte == ESCAPE
                if not self.escaped:
                    for_guest.append(byte)
                continue
            self.escaped = False
            if byte in b"xX":
                return None
            if byte in b"hH?":
                os.write(1, HELP)
            elif byte in (ESCAPE, ord("a"), ord("A")):
                for_guest.append(ESCAPE)
        return bytes(for_guest)
