"""Questions to all nodes."""

from __future__ import annotations

from typing import Iterator

from .one_shots import CALLS
from .peers import valkey_cli
from .running import SLOTLINE, Row, medians, must_be_equal, output, run, slotline
from .servers import cluster, fill

KEYS = 10_000


def questions(rounds: int) -> Iterator[Row]:
    """INFO from six nodes and DBSIZE from their three masters."""
    program = valkey_cli()
    if not program:
        return
    with cluster(3, 1) as ports:
        fill(ports[0], KEYS)
        port = str(ports[0])
        call = [program, "--cluster", "call", f"127.0.0.1:{port}"]
        for name, words, theirs in [
            ("INFO of 6 nodes", ["INFO"], [*call, "INFO"]),
            ("DBSIZE", ["DBSIZE", "--cluster-only-masters"], [*call, "DBSIZE", "--cluster-only-masters"]),
        ]:
            ours = [SLOTLINE, "-p", port, words[0]]
            if words[0] == "INFO":
                for each in ports:
                    must_be_equal(name, *(b"tcp_port:%d\r\n" % each in output(command).replace(b"\n", b"\r\n").replace(
                        b"\r\r", b"\r") for command in (ours, theirs)), True)
            else:
                must_be_equal(name, slotline(ports[0], "--aggregate", "DBSIZE"), b"%d" % KEYS)
            own, others = medians(rounds * CALLS // 2, lambda: run(ours), lambda: run(theirs))
            yield Row(name, own.wall, "valkey-cli", others.wall, 0.8)
