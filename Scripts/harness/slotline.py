"""Starts slotline: with one command, a file or a load, or as a session on a pipe or on a terminal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from typing import NamedTuple, Optional, Union

SUCCESS, ERROR, NO_CONNECTION, PARTIAL, INTERRUPTED = 0, 1, 3, 4, 130

Argument = Union[str, bytes, int]

ENVIRONMENT = {name: value for name, value in os.environ.items()
               if name not in ("HOME", "REDISCLI_AUTH") and not name.startswith("SLOTLINE_")} | {
                   "HOME": "/nonexistent", "SLOTLINE_HISTFILE": "/dev/null", "SLOTLINE_RCFILE": "/dev/null",
                   "TERM": "xterm", "PAGER": "cat", "LC_ALL": "C.UTF-8"}


class Outcome(NamedTuple):
    """How a run ended. The status is as a shell reports it, or -1 when the run did not end and had to be killed."""

    status: int
    out: str
    err: str
    seconds: float

    def __str__(self) -> str:
        return f"status {self.status} after {self.seconds:.1f} s: {self.out[-300:]!r} {self.err[-600:]!r}"


class Run:
    """A running slotline with pipes; its output is collected continuously."""

    def __init__(self, command: list[Argument], data: Optional[bytes] = None, reads: bool = True) -> None:
        """Without data, the input stays open until `wait`. When `reads` is false, the output is not read until then."""
        self.start = time.monotonic()
        self.process = subprocess.Popen(
            [part if isinstance(part, bytes) else str(part) for part in command], env=ENVIRONMENT,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.out, self.err = bytearray(), bytearray()
        self.reads = reads
        self.is_fed = data is not None
        self.threads: list[threading.Thread] = []
        self.collect(self.process.stderr, self.err)
        if reads:
            self.collect(self.process.stdout, self.out)
        if data is not None:
            self.thread(self.feed, data)

    def thread(self, function, *arguments) -> None:
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        thread.start()
        self.threads.append(thread)

    def collect(self, pipe, place: bytearray) -> None:
        def read() -> None:
            while chunk := os.read(pipe.fileno(), 65536):
                place.extend(chunk)
        self.thread(read)

    def feed(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self.process.stdin.write(data)
            self.process.stdin.close()

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def send(self, line: str) -> None:
        with contextlib.suppress(OSError):
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()

    def ask(self, line: str, seconds: float = 40) -> str:
        """The next line of output after a line of input. With --json every reply is one line."""
        start, deadline = len(self.out), time.monotonic() + seconds
        self.send(line)
        while b"\n" not in self.out[start:] and self.runs and time.monotonic() < deadline:
            time.sleep(0.002)
        return self.out[start:].decode(errors="replace").partition("\n")[0]

    def wait(self, seconds: float = 60) -> Outcome:
        if not self.reads:
            self.collect(self.process.stdout, self.out)
        if not self.is_fed:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        try:
            status = self.process.wait(max(0.1, seconds))
            status = 128 - status if status < 0 else status
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = -1
        seconds = time.monotonic() - self.start
        for thread in self.threads:
            thread.join(5)
        return Outcome(status, self.out.decode(errors="replace"), self.err.decode(errors="replace"), seconds)


class Session:
    """slotline at a prompt, on its own terminal."""

    PROMPT = re.compile(rb"(\[\d+/\d+\]|not connected|\d+)(\([^)]*\))?> $")

    def __init__(self, command: list[Argument]) -> None:
        self.out = bytearray()
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.execve(str(command[0]), [str(part) for part in command], ENVIRONMENT)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self.read(20)

    def read(self, seconds: float) -> str:
        """The output up to the next prompt, without terminal escapes."""
        start, deadline = len(self.out), time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not select.select([self.terminal], [], [], 0.05)[0]:
                if self.PROMPT.search(self.plain(self.out[start:])):
                    break
                continue
            try:
                self.out += os.read(self.terminal, 65536)
            except OSError:
                break
        else:
            raise TimeoutError(f"no prompt within {seconds:g} s after {bytes(self.out[-200:])!r}")
        return self.plain(self.out[start:]).decode(errors="replace")

    @staticmethod
    def plain(data: bytes) -> bytes:
        return re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r", b"", data)

    def ask(self, line: str, seconds: float = 40) -> str:
        os.write(self.terminal, line.encode() + b"\r")
        return self.read(seconds)

    def close(self) -> None:
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.terminal)


