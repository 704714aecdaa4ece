"""Runs programs in turns, and measures them."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
from typing import Callable, Iterator, NamedTuple, NoReturn, Sequence, Union

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILT = ROOT / ".build/release/slotline"
FOLDER = ROOT / ".build/bench"
SLOTLINE = str(FOLDER / "slotline")

Command = Sequence[Union[str, os.PathLike]]

# The longest a program may take.
PATIENCE = 300  # seconds


class Row(NamedTuple):
    """One line of the table: the medians of slotline and of its peer, and the aim for their ratio."""

    name: str
    slotline: float
    peer: str
    theirs: float
    aim: float
    unit: str = "ms"

    @property
    def ratio(self) -> float:
        return self.slotline / self.theirs


class Usage(NamedTuple):
    """The resources that programs used together: milliseconds, peak megabytes of the largest, and page faults."""

    wall: float
    cpu: float
    memory: float
    faults: float


def stop(text: str) -> NoReturn:
    sys.exit(f"bench: {text}")


def install(program: Union[str, os.PathLike], name: str) -> str:
    """Copies a freshly linked program, as users have it: the file that a linker writes starts more slowly."""
    place = FOLDER / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    return str(shutil.copy(program, place))


@functools.cache
def spawner() -> subprocess.Popen:
    program = pathlib.Path(__file__).with_name("spawner.py")
    return subprocess.Popen([sys.executable, "-S", "-E", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def run(*commands: Command, inputs: Sequence[Union[str, os.PathLike]] = (), output: Union[str, os.PathLike] = os.devnull,
        drained: bool = False) -> Usage:
    """Runs programs in parallel, each with its input, and all with the same output: a file, or a pipe that is drained.
    Each has to succeed."""
    process = spawner()
    assert process.stdin and process.stdout
    job = {"commands": [list(map(str, command)) for command in commands],
           "inputs": list(map(str, inputs or [os.devnull] * len(commands))), "output": str(output), "drained": drained}
    process.stdin.write(json.dumps(job) + "\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    for command, status in zip(job["commands"], answer["statuses"]):
        if status != 0:
            stop(f"{' '.join(command)[:200]} failed with status {status}")
    return Usage(*answer["usage"])


@functools.cache
def least_memory() -> float:
    """The memory measured for a program that uses none."""
    return run(["true"]).memory


def run_in_turn(*commands: Command) -> Usage:
    """Runs programs one after another."""
    walls, cpus, memories, faults = zip(*(run(command) for command in commands))
    return Usage(sum(walls), sum(cpus), max(memories), sum(faults))


def medians(rounds: int, *runs: Callable[[], Usage]) -> list[Usage]:
    """The medians of each, run in turns, in a new random order each round."""
    results: list[list[Usage]] = [[] for _ in runs]
    for _ in range(rounds):
        for index in random.sample(range(len(runs)), k=len(runs)):
            results[index].append(runs[index]())
    return [Usage(*map(statistics.median, zip(*each))) for each in results]


def output(command: Command, source: str | os.PathLike = os.devnull) -> bytes:
    with open(source, "rb") as file:
        return subprocess.run(command, stdin=file, capture_output=True, check=True, timeout=PATIENCE).stdout


def slotline(port: int, *words: str) -> bytes:
    return output([SLOTLINE, "-p", str(port), *words]).rstrip(b"\n")


def must_be_equal(name: str, *results: object) -> None:
    """Stops the run when the results differ."""
    for result in results[1:]:
        if result != results[0]:
            stop(f"{name}: the results are not the same: {str(results[0])[:200]} and {str(result)[:200]}")


def digest(lines: Iterator[bytes], *, sorts: bool = False) -> str:
    """A digest of lines, whose order may not matter."""
    return hashlib.sha256(b"\n".join(sorted(lines) if sorts else lines)).hexdigest()


def sorted_digest(*commands: Command) -> bytes:
    """A digest of the lines that programs print, in any order, without reading them into this script."""
    program = "for command; do eval \"$command\" || exit; done | LC_ALL=C sort | sha256sum"
    words = [" ".join("'" + str(word).replace("'", "'\\''") + "'" for word in command) for command in commands]
    return output(["bash", "-c", "set -o pipefail; " + program, "bash", *words])


class PythonClient:
    """A Python client that runs one command after another; its start-up is not counted."""

    PROGRAM = """
import hashlib, sys, time
{connect}
def sort(key, weights, data):
    elements = client.lrange(key, 0, -1)
    weights = map(float, {mget}([weights.replace("*", element) for element in elements]))
    elements = [element for _, element in sorted(zip(weights, elements))]
    return {mget}([data.replace("*", element) for element in elements])
commands = {{
    "SINTER": lambda *keys: sorted(client.sinter(*keys)), "SUNIONSTORE": client.sunionstore,
    "MGET": lambda *keys: {mget}(keys), "SORT": lambda key, _, weights, __, data: sort(key, weights, data)}}
for line in sys.stdin:
    name, *words = line.split()
    start = time.perf_counter()
    result = commands[name](*words)
    seconds = time.perf_counter() - start
    lines = result if isinstance(result, list) else [result]
    print(seconds * 1e3, hashlib.sha256("\\n".join(map(str, lines)).encode()).hexdigest(), flush=True)
"""

    def __init__(self, requirement: str, module: str, port: int, mget: str) -> None:
        folder = FOLDER / requirement
        if not folder.exists():
            subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--root-user-action=ignore",
                            "--target", folder, requirement], check=True)
        connect = f"from {module} import RedisCluster\n" \
            f"client = RedisCluster(host='127.0.0.1', port={port}, decode_responses=True)"
        self.process = subprocess.Popen(
            [sys.executable, "-c", self.PROGRAM.format(connect=connect, mget="client." + mget)],
            env={**os.environ, "PYTHONPATH": str(folder)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, *words: str) -> tuple[float, str]:
        """The milliseconds that a command took, and the digest of its result."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        milliseconds, found = self.process.stdout.readline().split()
        return float(milliseconds), found

    def usage(self, *words: str) -> Usage:
        return Usage(self(*words)[0], 0, 0, 0)

    def __enter__(self) -> PythonClient:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()
