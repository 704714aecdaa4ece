"""Files of commands and loads."""

from __future__ import annotations

import pathlib
import random
import subprocess
import tempfile
from typing import Iterator

from .running import SLOTLINE, Row, Usage, medians, must_be_equal, run, slotline
from .servers import ask, cluster, free_ports, owner, servers, write_sets

COUNT = 1_000_000


def command_file(rounds: int) -> Iterator[Row]:
    """A file of mixed commands. Every reply is compared with that of redis-cli, which waits for each one."""
    draw = random.Random(1)
    kinds = ["SET s:{n} {i}", "GET s:{n}", "INCR c:{n}", "LPUSH l:{n} {i}", "HSET h:{n} f{f} {i}"]
    with cluster() as ports, tempfile.TemporaryDirectory(prefix="slotline-bench-") as folder:
        source, ours, theirs = (pathlib.Path(folder, name) for name in ("lines", "ours", "theirs"))
        with source.open("w") as file:
            for i in range(100_000):
                file.write(draw.choice(kinds).format(n=draw.randrange(20_000), i=i, f=i % 7) + "\n")

        def measure(program: str, output: pathlib.Path) -> Usage:
            slotline(ports[0], "FLUSHALL")
            return run([program, "-c", "-p", str(ports[0])], inputs=[source], output=output)

        own, others = medians(
            rounds, lambda: measure(SLOTLINE, ours), lambda: measure("redis-cli", theirs))
        expected = [line for line in theirs.read_text().splitlines() if not line.startswith("-> Redirected")]
        must_be_equal("the file", ours.read_text().splitlines() == expected, True)
    yield Row("100,000 mixed lines", own.wall, "redis-cli -c", others.wall, 0.02)
    yield Row("100,000 mixed lines, CPU", own.cpu, "redis-cli -c", others.cpu, 30 / others.cpu)


def write_requests(lines: pathlib.Path, *paths: pathlib.Path) -> None:
    """Writes the lines as RESP: to one file, or split into one per master by the owners of their keys."""
    files = [path.open("w") for path in paths]
    with lines.open() as source:
        for line in source:
            words = line.split()
            files[owner(words[1], len(files))].write(
                f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words))
    for file in files:
        file.close()


def bulk_load(rounds: int) -> Iterator[Row]:
    """A million small SETs into three masters. redis-cli gets RESP, split up front to load all three."""
    with cluster() as ports, servers() as alone, tempfile.TemporaryDirectory(prefix="slotline-bench-") as folder:
        lines, whole = pathlib.Path(folder, "lines"), pathlib.Path(folder, "whole")
        split = [pathlib.Path(folder, f"part{number}") for number in range(3)]
        write_sets(lines, COUNT)
        write_requests(lines, whole)
        write_requests(lines, *split)
        pipes = {port: ["-p", str(port), "--pipe"] for port in [*ports, *alone]}
        sizes = []
        for load in [
            lambda: run([SLOTLINE, *pipes[ports[0]]], inputs=[lines]),
            lambda: run(*(["redis-cli", *pipes[port]] for port in ports), inputs=split),
        ]:
            slotline(ports[0], "FLUSHALL")
            load()
            sizes.append([ask(port, "DBSIZE") for port in ports])
        must_be_equal("--pipe", *sizes)
        ours, one, three, benchmark = medians(
            rounds, lambda: run([SLOTLINE, *pipes[ports[0]]], inputs=[lines]),
            lambda: run(["redis-cli", *pipes[alone[0]]], inputs=[whole]),
            lambda: run(*(["redis-cli", *pipes[port]] for port in ports), inputs=split),
            lambda: run(["redis-benchmark", "-p", str(ports[0]), "--cluster", "-P", "100", "-n", str(COUNT),
                         "-r", "10000000", "-d", "12", "-q", "-t", "set"]))
    yield Row("1M SETs, CPU", ours.cpu, "--pipe, one server", one.cpu, 0.36)
    yield Row("1M SETs, CPU", ours.cpu, "redis-benchmark", benchmark.cpu, 1)
    yield Row("1M SETs", ours.wall, "three --pipe", three.wall, 1.1)
    yield Row("1M SETs", ours.wall, "redis-benchmark", benchmark.wall, 1.1)


def encrypted_load(rounds: int) -> Iterator[Row]:
    """A million small SETs into one server over TLS."""
    with tempfile.TemporaryDirectory(prefix="slotline-bench-") as folder:
        certificate, key = f"{folder}/node.crt", f"{folder}/node.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
            check=True, capture_output=True)
        lines, whole = pathlib.Path(folder, "lines"), pathlib.Path(folder, "whole")
        write_sets(lines, COUNT)
        write_requests(lines, whole)
        port, = free_ports(1)
        with servers(1, "--tls-port", str(port), "--tls-cert-file", certificate, "--tls-key-file", key,
                     "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no") as plain:
            arguments = ["-p", str(port), "--tls", "--cacert", certificate, "--pipe"]
            sizes = []
            for program, source in [(SLOTLINE, lines), ("redis-cli", whole)]:
                slotline(plain[0], "FLUSHALL")
                run([program, *arguments], inputs=[source])
                sizes.append(ask(plain[0], "DBSIZE"))
            must_be_equal("--pipe over TLS", *sizes)
            ours, theirs = medians(
                rounds, lambda: run([SLOTLINE, *arguments], inputs=[lines]),
                lambda: run(["redis-cli", *arguments], inputs=[whole]))
    yield Row("1M SETs over TLS, CPU", ours.cpu, "--tls --pipe, one server", theirs.cpu, 1.5)
