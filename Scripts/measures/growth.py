"""How time and memory grow with the cluster."""

from __future__ import annotations

import os
import pathlib
import pty
import select
import signal
import tempfile
import time
from typing import Callable, Iterator, NamedTuple

from harness.client import Client

from .one_shots import CALLS
from .running import PATIENCE, SLOTLINE, Usage, medians, must_be_equal, output, run, slotline, stop
from .servers import cluster, owner, write_sets

MASTERS = [3, 12, 48, 96]
KEYS = 200_000


class Growth(NamedTuple):
    """The cost of one kind of work on clusters of each size."""

    name: str
    usages: list[Usage]


def grow(rounds: int, say: Callable[[str], None]) -> list[Growth]:
    """Measures the same work on clusters of several sizes, one after another."""
    found: dict[str, list[Usage]] = {}
    for masters in MASTERS:
        with cluster(masters) as ports, tempfile.TemporaryDirectory(prefix="slotline-bench-") as folder:
            lines = pathlib.Path(folder, "lines")
            write_sets(lines, KEYS)
            for name, usage in measure(rounds, ports, lines):
                found.setdefault(name, []).append(usage)
                say(f"{masters:>3} masters  {name:<24}{usage.wall:>11.2f} ms{usage.cpu:>11.2f} ms CPU{usage.memory:>8.1f} MB")
    return [Growth(name, usages) for name, usages in found.items()]


def measure(rounds: int, ports: list[int], lines: pathlib.Path) -> Iterator[tuple[str, Usage]]:
    program = [SLOTLINE, "-p", str(ports[0])]
    load = [*program, "--pipe"]
    run(load, inputs=[lines])
    size = 0
    for port in ports:
        with Client(port) as client:
            size += client("DBSIZE")
    must_be_equal("DBSIZE", int(slotline(ports[0], "--aggregate", "DBSIZE")), size)
    must_be_equal("--scan", len(output([*program, "--scan"]).splitlines()), size)
    key = lines.open().readline().split()[1]
    home = owner(key, len(ports))
    for name, calls, work in [
        ("GET on the seed", CALLS, lambda: run([SLOTLINE, "-p", str(ports[home]), "GET", key])),
        ("GET elsewhere", CALLS, lambda: run([SLOTLINE, "-p", str(ports[home - 1]), "GET", key])),
        ("DBSIZE", CALLS // 2, lambda: run([*program, "DBSIZE"])),
        ("INFO", CALLS // 4, lambda: run([*program, "INFO"])),
        (f"--scan of {KEYS:,} keys", 1, lambda: run([*program, "--scan"])),
        (f"--pipe of {KEYS:,} SETs", 1, lambda: run(load, inputs=[lines])),
        ("start of the shell", CALLS // 8, lambda: start_shell(program, b"[%d/%d]" % (len(ports), len(ports)))),
    ]:
        yield name, medians(rounds * calls, work)[0]


def start_shell(command: list[str], prompt: bytes) -> Usage:
    """From the start of the program until the prompt shows the number of masters."""
    start = time.perf_counter()
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(TERM="xterm", SLOTLINE_HISTFILE=os.devnull, SLOTLINE_RCFILE=os.devnull)
        os.execv(command[0], command)
    shown = b""
    while prompt not in shown:
        if not select.select([terminal], [], [], PATIENCE)[0]:
            stop(f"the shell shows no prompt with {prompt.decode()}: {shown!r}")
        shown += os.read(terminal, 1 << 16)
    wall = (time.perf_counter() - start) * 1e3
    # wait4 would report at least the memory of this script.
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    memory = int(status.split("VmHWM:")[1].split()[0]) / 1024
    os.kill(process, signal.SIGKILL)
    _, _, used = os.wait4(process, 0)
    os.close(terminal)
    return Usage(wall, (used.ru_utime + used.ru_stime) * 1e3, memory, used.ru_minflt)
