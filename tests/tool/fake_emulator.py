#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Stands in for QEMU in the tool's tests: a console on standard input and output, a monitor (QMP) on an inherited socket.

The guest it plays throws away what is typed before its prompt, as a UART does whose driver has not started. It then
understands one word a line: poweroff, reboot, loop, panic, success, failure, vanish, draw; anything else it echoes.
"""
import json
import os
import re
import signal
import socket
import sys
import time


def say(text):
    os.write(1, text.encode().replace(b"\n", b"\r\n"))


def event(name, reason):
    message = {"event": name, "data": {"guest": True, "reason": reason},
               "timestamp": {"seconds": 0, "microseconds": 0}}
    monitor.sendall(json.dumps(message).encode() + b"\r\n")


def boot():
    say("fake machine\n")
    time.sleep(float(os.environ.get("FAKE_BOOT_SECONDS", "0.2")))
    os.set_blocking(0, False)
    try:
        os.read(0, 65536)  # the FIFO is reset
    except BlockingIOError:
        pass
    os.set_blocking(0, True)


def do(word):
    if word == "poweroff":
        event("SHUTDOWN", "guest-shutdown")
        sys.exit(0)
    if word in ("reboot", "loop"):
        for _ in range(5 if word == "loop" else 1):
            event("RESET", "guest-reset")
        boot()
    elif word == "panic":
        say("\nKERNEL PANIC: fake.c:1: all is lost\n   rip 0x1234\n")
        time.sleep(60)
    elif word == "success":
        sys.exit(1)
    elif word == "failure":
        sys.exit(7)
    elif word == "vanish":
        os.kill(os.getpid(), signal.SIGKILL)
    elif word == "draw":
        say("lucid> \r\x1b[K[other] \x1b[31mred\x1b[0m\nlucid> ox\x1b[1Dk\n")
    else:
        say(f"you typed {word}\n")


def main():
    if os.environ.get("FAKE_REFUSE"):
        sys.stderr.write("fake: cannot load the kernel\n")
        sys.exit(1)
    boot()
    typed = b""
    say("lucid> ")
    while True:
        data = os.read(0, 1)
        if data == b"":
            time.sleep(60)
        if data in (b"\n", b"\r"):
            say("\n")
            do(typed.decode())
            typed = b""
            say("lucid> ")
            if os.environ.get("FAKE_REPEAT"):
                say("\n[other] prints in between\nlucid> ")
        else:
            say(data.decode())
            typed += data


descriptor = int(re.search(r"id=monitor,fd=(\d+)", " ".join(sys.argv)).group(1))
monitor = socket.socket(fileno=descriptor)
monitor.sendall(b'{"QMP": {"version": {}, "capabilities": []}}\r\n')
main()
