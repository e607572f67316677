# SPDX-License-Identifier: BSD-2-Clause
"""The few words of gdb's remote protocol that a test needs to damage a kernel that runs in QEMU: stop it at an address,
write to its memory, let it go on. QEMU answers; nothing of this is in the kernel."""
import socket
import time

SECONDS = 30.0


def arguments(path):
    """What makes QEMU listen on a socket in the file system."""
    return ["-chardev", f"socket,id=gdb,path={path},server=on,wait=off", "-gdb", "chardev:gdb"]


class Stub:
    """A connection, which stops the machine. `meanwhile` is called while waiting: somebody has to take the console's output."""

    def __init__(self, path, meanwhile):
        self._meanwhile = meanwhile
        self._data = b""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._socket.settimeout(0.01)
        stopped = self.answer()
        assert stopped.startswith("T02"), stopped

    def close(self):
        self._socket.close()

    def ask(self, text):
        """Send a command; its answer."""
        self.say(text)
        return self.answer()

    def say(self, text):
        self._socket.sendall(b"+$%s#%02x" % (text.encode(), sum(text.encode()) & 0xff))

    def answer(self):
        """The next packet: $TEXT#CC."""
        deadline = time.monotonic() + SECONDS
        while True:
            start = self._data.find(b"$")
            end = self._data.find(b"#", start + 1)
            if start >= 0 and 0 < end <= len(self._data) - 3:
                text, self._data = self._data[start + 1:end], self._data[end + 3:]
                return text.decode()
            if time.monotonic() > deadline:
                raise TimeoutError(f"expected: an answer of QEMU's gdb stub\nseen: {self._data}")
            try:
                self._data += self._socket.recv(4096)
            except TimeoutError:
                self._meanwhile()

    def expect(self, text, answer):
        seen = self.ask(text)
        if not seen.startswith(answer):
            raise AssertionError(f"expected: '{answer}' for '{text}'\nseen: '{seen}'")

    def run_to(self, address):
        """Go on until the processor comes to this address."""
        self.expect(f"Z1,{address:x},4", "OK")
        self.expect("c", "T05")
        self.expect(f"z1,{address:x},4", "OK")

    def write(self, address, data):
        """Memory as the processor sees it now; also what it may not write."""
        self.expect(f"M{address:x},{len(data):x}:{data.hex()}", "OK")

    def let_go(self):
        self.expect("D", "OK")
