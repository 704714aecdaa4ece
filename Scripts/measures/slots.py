"""Commands over several slots, against clients that also split them, and against the server on one slot."""

from __future__ import annotations

import contextlib
import pathlib
import random
import tempfile
from typing import Iterator

from harness.client import Client

from .running import SLOTLINE, PythonClient, Row, digest, medians, must_be_equal, output, run, slotline
from .servers import cluster, owner

OLD = ("redis-py-cluster==2.1.3", "rediscluster")
NEW = ("redis==8.1.0", "redis.cluster")


def client_of(kind: tuple[str, str], port: int) -> PythonClient:
    return PythonClient(*kind, port, "mget_nonatomic" if kind == NEW else "mget")


def mget(rounds: int) -> Iterator[Row]:
    """Ten thousand keys across all slots: as arguments, and as a line of a file."""
    count = 10_000
    with cluster() as ports, client_of(NEW, ports[0]) as client, \
            tempfile.TemporaryDirectory(prefix="slotline-bench-") as folder:
        everywhere = [f"key:{number}" for number in range(count)]
        together = [f"{{x}}key:{number}" for number in range(count)]
        path = pathlib.Path(folder, "line")
        path.write_text(" ".join(["MGET", *everywhere]) + "\n")
        for keys in (everywhere, together):
            slotline(ports[0], "MSET", *(word for key in keys for word in (key, "of " + key.removeprefix("{x}"))))
        program = [SLOTLINE, "-p", str(ports[0])]
        expected = digest(f"of {key}".encode() for key in everywhere)
        must_be_equal(
            "MGET", expected, client("MGET", *everywhere)[1],
            *(digest(output(command, *source).splitlines()) for command, *source in [
                ([*program, "MGET", *everywhere],), ([*program, "MGET", *together],), (program, path)]))
        arguments, line, same, theirs = medians(
            rounds, lambda: run([*program, "MGET", *everywhere]), lambda: run(program, inputs=[path]),
            lambda: run([*program, "MGET", *together]), lambda: client.usage("MGET", *everywhere))
        yield Row("MGET of 10,000 keys", arguments.wall, "redis-py", theirs.wall, 1 / 3)
        yield Row("MGET of 10,000 keys", arguments.wall, "same slot", same.wall, 1.13)
        yield Row("MGET of 10,000, in a file", line.wall, "same slot", same.wall, 1.13)


def sets(rounds: int) -> Iterator[Row]:
    """Unions and intersections of large sets."""
    with cluster() as ports, client_of(OLD, ports[0]) as client:
        program = [SLOTLINE, "-p", str(ports[0])]
        fill = "for j = 1, tonumber(ARGV[2]) do redis.call('SADD', KEYS[1], 'member:' .. j + ARGV[1]) end"
        rank = "for j = 1, tonumber(ARGV[2]) do redis.call('ZADD', KEYS[1], j, 'member:' .. j + ARGV[1]) end"
        for key, shift in [("one", "0"), ("two", "250000"), ("{x}one", "0"), ("{x}two", "250000")]:
            slotline(ports[0], "EVAL", fill, "1", f"set:{key}", shift, "500000")
            slotline(ports[0], "EVAL", rank, "1", f"zset:{key}", shift, "200000")
        for words, aim in [
            (["SINTER", "set:{}one", "set:{}two"], 1.1),
            (["SUNIONSTORE", "to:{}", "set:{}one", "set:{}two"], 1.5),
            (["ZUNIONSTORE", "zto:{}", "2", "zset:{}one", "zset:{}two"], 1.25),
        ]:
            across = [word.replace("{}", "") for word in words]
            native = [word.replace("{}", "{x}") for word in words]
            # The client does not support this for sorted sets.
            has_peer = words[0] != "ZUNIONSTORE"
            results = [digest(output([*program, *each]).splitlines(), sorts=True) for each in (across, native)]
            must_be_equal(words[0], *results, *([client(*across)[1]] if has_peer else []))
            runs = [lambda: run([*program, *across]), lambda: run([*program, *native])]
            if has_peer:
                runs.append(lambda: client.usage(*across))
            ours, own, *theirs = medians(rounds, *runs)
            for their in theirs:
                yield Row(words[0], ours.wall, "redis-py-cluster", their.wall, 1 / 3)
            yield Row(words[0], ours.wall, "same slot", own.wall, aim)


def sort(rounds: int) -> Iterator[Row]:
    """SORT of a hundred thousand elements, with weights and values across all slots."""
    count = 100_000
    with cluster() as ports, client_of(NEW, ports[0]) as client, contextlib.ExitStack() as connections:
        weights = random.Random(1).sample(range(count), k=count)
        nodes = [connections.enter_context(Client(port)) for port in ports]
        batches: list[list[list[str]]] = [[] for _ in nodes]

        def add(key: str, *words: str) -> None:
            batches[owner(key, len(ports))].append([words[0], key, *words[1:]])

        for number, weight in enumerate(weights):
            add("elements", "RPUSH", str(number))
            add(f"w_{number}", "SET", str(weight))
            add(f"d_{number}", "SET", f"data:{number}")
        for node, batch in zip(nodes, batches):
            node.all(batch)
        words = ["SORT", "elements", "BY", "w_*", "GET", "d_*"]
        program = [SLOTLINE, "-p", str(ports[0]), *words]
        order = sorted(range(count), key=weights.__getitem__)
        expected = digest(f"data:{number}".encode() for number in order)
        del order, batches, weights
        must_be_equal("SORT", expected, digest(output(program).splitlines()), client(*words)[1])
        ours, theirs = medians(rounds, lambda: run(program), lambda: client.usage(*words))
        yield Row("SORT of 100,000 BY GET", ours.wall, "redis-py", theirs.wall, 200 / 1731)
        yield Row("SORT of 100,000 BY GET, memory", ours.memory, "bound", 64, 1, "MB")
