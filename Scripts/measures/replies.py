"""Long replies."""

from __future__ import annotations

import pathlib
import tempfile
from typing import Iterator

from .running import SLOTLINE, Row, medians, must_be_equal, run, sorted_digest
from .servers import servers


def large_reply(rounds: int) -> Iterator[Row]:
    """A list of a million elements."""
    with servers() as ports, tempfile.TemporaryDirectory(prefix="slotline-bench-") as folder:
        port = str(ports[0])
        source = pathlib.Path(folder, "lines")
        with source.open("w") as file:
            for number in range(1_000_000):
                file.write(f"RPUSH list element:{number}\n")
        run([SLOTLINE, "-p", port, "--pipe"], inputs=[source])
        for name, option, aim in [("formatted", "--no-raw", 0.3), ("raw", "--raw", 1)]:
            arguments = ["-p", port, option, "LRANGE", "list", "0", "-1"]
            programs = [[SLOTLINE, *arguments], ["redis-cli", *arguments]]
            must_be_equal(f"LRANGE {name}", *map(sorted_digest, programs))
            ours, theirs = medians(rounds, *(lambda program=program: run(program) for program in programs))
            yield Row(f"LRANGE 1M {name}, CPU", ours.cpu, "redis-cli", theirs.cpu, aim)
        yield Row("LRANGE 1M raw, memory", ours.memory, "redis-cli", theirs.memory, 64 / theirs.memory, "MB")
