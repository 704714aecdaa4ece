"""Attacks on files and loads: order, exactly-once, saved progress, files of rejects."""

from __future__ import annotations

import re
import signal
import time

from .blocks import move_slots, unknown_numbers
from .client import Client, slot, until
from .slotline import INTERRUPTED, NO_CONNECTION, PARTIAL, SUCCESS, Outcome, Run
from .trial import Trial, scenario

KEYS = 12


def ordered_lines(count: int) -> bytes:
    return "".join(f"RPUSH list{i % KEYS} {i}\n" for i in range(count)).encode()


def check_order(trial: Trial, count: int, outcome: Outcome, unknown: set[int]) -> None:
    for number in range(KEYS):
        key = f"list{number}"
        found = list(map(int, trial.cluster.owner(key)("LRANGE", key, 0, -1)))
        trial.check(len(found) == len(set(found)), f"{len(found) - len(set(found))} lines were carried out twice", outcome)
        trial.check(found == sorted(found), "lines were carried out in another order", outcome)
        missing = set(range(number, count, KEYS)) - set(found) - unknown
        trial.check(not missing, f"{len(missing)} lines are missing, such as {min(missing, default=0)}", outcome)


@scenario
def moving_lines(trial: Trial) -> None:
    """Lines of a slot are carried out once and in order while it moves."""
    count = 60000
    for words in (["--pipe", "--reject", trial.path("rejected")], []):
        run = trial.start(*words, data=ordered_lines(count))
        move_slots(trial, run, [f"list{number}" for number in range(KEYS)])
        outcome = run.wait()._replace(out="")
        trial.context = " ".join(words[:1]) or "a file"
        trial.check(outcome.status == SUCCESS, "fails", outcome)
        check_order(trial, count, outcome, set())
        trial.cluster.fill([])


@scenario
def failover_lines(trial: Trial) -> None:
    """A load waits for the new master: no line fails, and none is falsely reported as done."""
    cluster = trial.cluster
    count = 100000
    run = trial.start("--pipe", "--reject", trial.path("rejected"), data=ordered_lines(count))
    for _ in range(2):
        time.sleep(trial.random.uniform(0.05, 0.3))
        master = trial.random.choice([node for node in cluster.masters() if len(alive_replicas(trial, node))])
        replica = cluster.replica(master)
        cluster.drain(master, 3000)
        trial.kill(master)
        time.sleep(trial.random.uniform(0, 0.7))
        cluster.take_over(master, replica)
    outcome = run.wait()
    trial.check("failed: 0," in outcome.out, "lines failed", outcome)
    check_order(trial, count, outcome, unknown_numbers(trial))


def alive_replicas(trial: Trial, master) -> list:
    view = trial.cluster.view(master)
    return [node for node in trial.cluster.nodes if node.runs and view[node.id][3] == master.id]


# --resume.

RATE = 4000


def counted_lines(count: int) -> list[str]:
    return [f"INCR n{i}" for i in range(count)]


def load(trial: Trial, lines: list[str], *words: str, **options) -> Run:
    return trial.start(*words, "--pipe", "--rate", RATE, "--reject", trial.path("rejected"), "--resume", trial.path("progress"),
                       data="\n".join(lines).encode() + b"\n", **options)


def counters(trial: Trial, count: int) -> list[int]:
    """The value of each counter."""
    values = [0] * count
    for node, slots in trial.cluster.claims().items():
        numbers = [i for i in range(count) if slot(f"n{i}") in slots]
        for number, value in zip(numbers, node.all(["GET", f"n{i}"] for i in numbers)):
            values[number] = int(value or 0)
    return values


def unknown_counters(trial: Trial) -> set[int]:
    return {int(line.split()[1][1:]) for line in trial.lines("rejected.unknown")}


@scenario
def resume(trial: Trial) -> None:
    """A load that is ended by a signal and resumed carries out each line once, in the right database."""
    alone = trial.alone
    alone("FLUSHALL")
    alone("ACL", "SETUSER", "loader", "reset", "on", ">secret", "~*", "+@all")
    count = 6000
    first = trial.random.choice([[], ["AUTH loader secret"], ["HELLO 3 AUTH loader secret"]])
    lines = [*first, "SELECT 5", *counted_lines(count)]
    if first:
        alone("ACL", "SETUSER", "default", "-incr")
    ends = []
    for attempt in range(6):
        # Passwords are not saved.
        user = ["--user", "loader", "--pass", "secret", "--no-auth-warning"] if first and attempt else []
        run = load(trial, lines, *user, seeds=f"redis://127.0.0.1:{alone.port}")
        if attempt < 2:
            time.sleep(trial.random.uniform(0.2, 0.6))
            ends.append(trial.random.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP]))
            run.signal(ends[-1])
        outcome = run.wait(30)
        if outcome.status == SUCCESS:
            break
        trial.check(outcome.status in (INTERRUPTED, 128 + ends[-1]), f"after {ends[-1].name}", outcome)
    alone("ACL", "SETUSER", "default", "+incr")
    trial.context = f"after {first} and {[end.name for end in ends]}"
    with Client(alone.port) as client:
        trial.check(client("DBSIZE") == 0, f"{client('DBSIZE')} keys in database 0", outcome)
        client("SELECT", 5)
        values = [int(value or 0) for value in client.all(["GET", f"n{i}"] for i in range(count))]
    check_counters(trial, values, set(), outcome)


def check_counters(trial: Trial, values: list[int], unknown: set[int], outcome: Outcome, doubles: int = 0) -> None:
    missing = [i for i, value in enumerate(values) if value == 0 and i not in unknown]
    trial.check(not missing, f"{len(missing)} lines were not carried out, such as {missing[:1]}", outcome)
    twice = sum(value > 1 for value in values)
    trial.check(twice <= doubles, f"{twice} lines were carried out again", outcome)


@scenario
def resume_outage(trial: Trial) -> None:
    """A load that stopped in an outage carries out the rest when it is resumed, and nothing twice."""
    cluster = trial.cluster
    count = 5000
    lines = counted_lines(count)
    run = load(trial, lines, retry_for=0.3)
    time.sleep(trial.random.uniform(0.1, 0.5))
    master = trial.random.choice(cluster.masters())
    cluster.network.refuse(master.gate)
    cluster.network.cut(master.port)
    outcome = run.wait(30)
    trial.context = "nobody was there"
    trial.check(outcome.status in (NO_CONNECTION, PARTIAL), "ends otherwise", outcome)
    cluster.network.listen(master.gate)
    outcome = load(trial, lines).wait(30)
    trial.check(outcome.status == SUCCESS, "does not succeed when resumed", outcome)
    check_counters(trial, counters(trial, count), unknown_counters(trial), outcome)


@scenario
def resume_kill(trial: Trial) -> None:
    """A load that is killed and resumed misses nothing, and repeats at most two seconds' worth of lines."""
    cluster = trial.cluster
    count = 14000
    lines = counted_lines(count)
    run = load(trial, lines)
    time.sleep(0.3)
    waits = trial.random.choice(["a node is silent", "a slot has no owner"])
    master = trial.random.choice(cluster.masters())
    if waits == "a node is silent":
        with cluster.network.change():
            master.gate.is_silent = True
    elif waits == "a slot has no owner":
        number = slot("n2500")
        master = cluster.owner("n2500")
        for node in cluster.masters():
            node("CLUSTER", "DELSLOTS", number)
            node("CONFIG", "SET", "cluster-require-full-coverage", "no")
    time.sleep(trial.random.uniform(1.8, 2.8))
    trial.counts["kills"] += 1
    run.signal(signal.SIGKILL)
    run.wait()
    with cluster.network.change():
        master.gate.is_silent = False
    if waits == "a slot has no owner":
        for node in cluster.masters():
            node("CLUSTER", "SETSLOT", number, "NODE", master.id)
    outcome = load(trial, lines).wait(30)
    trial.context = f"killed while {waits}"
    trial.check(outcome.status == SUCCESS, "does not succeed when resumed", outcome)
    check_counters(trial, counters(trial, count), unknown_counters(trial), outcome, 2 * RATE)


@scenario
def resume_alone(trial: Trial) -> None:
    """Lines that run alone advance the progress of a load too."""
    cluster = trial.cluster
    count = 800
    cluster.fill([["RPUSH", "la", *range(2 * count)]])
    lines = ["LMOVE la lb LEFT RIGHT"] * count
    run = load(trial, lines)
    owner = cluster.owner("lb")
    until(lambda: owner("LLEN", "lb") > 100, 20, "elements to move")
    time.sleep(2.5)
    trial.counts["kills"] += 1
    run.signal(signal.SIGKILL)
    killed = run.wait()
    moved = owner("LLEN", "lb")
    outcome = load(trial, lines).wait(60)
    trial.run("--recover")
    again = owner("LLEN", "lb") - count
    trial.context = f"killed after {moved} moves in {killed.seconds:.1f} s"
    trial.check(outcome.status == SUCCESS, "does not succeed when resumed", outcome)
    trial.check(0 <= again <= max(50, 2.2 * moved / (killed.seconds - 0.3)), f"{again} moves too many", outcome)


# --reject.

@scenario
def reject(trial: Trial) -> None:
    """When a load ends, in whatever way, the file of rejects has every failed line."""
    cluster = trial.cluster
    cluster.fill([["SET", f"string{i}", 1] for i in range(20)])
    lines = [f"LPUSH string{i % 20} {i}" if i % 2 else f"INCR n{i}" for i in range(20000)]
    end = trial.random.choice([signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGPIPE])
    trial.context = end.name
    if end == signal.SIGPIPE:
        # Its output has no reader.
        command = ["/bin/sh", "-c", "\"$@\" 2>&1 | true", "sh", *trial.command(
            "--pipe", "--rate", 20000, "--reject", trial.path("rejected"))]
        run = Run(command, "\n".join(lines).encode() + b"\n")
        trial.runs.append(run)
        until(lambda: len(trial.lines("rejected")) == 10000, 15, "all rejects though nobody reads what slotline says")
        return
    run = trial.start("--pipe", "--rate", 10000, "--reject", trial.path("rejected"),
                      data="\n".join(lines).encode() + b"\n")
    time.sleep(trial.random.uniform(0.2, 1))
    run.signal(end)
    outcome = run.wait(20)
    counts = re.search(r"ok: (\d+), failed: (\d+)", outcome.out)
    trial.check(outcome.status in (INTERRUPTED, 128 + end), "ends with another status", outcome)
    trial.check(counts, "no report", outcome)
    if not counts:
        return
    done, failed = map(int, counts.groups())
    trial.check(len(trial.lines("rejected")) == failed, f"{len(trial.lines('rejected'))} of {failed} rejects", outcome)
    present = sum(counters(trial, 20000))
    trial.check(present == done, f"{present} lines were carried out", outcome)


@scenario
def full_disk(trial: Trial) -> None:
    """A load stops rather than continue without its file of rejects, and loses none when it is resumed."""
    cluster = trial.cluster
    cluster.fill([["SET", f"string{i}", 1] for i in range(20)])
    count = 10000
    lines = "\n".join(f"LPUSH string{i % 20} {i}" for i in range(count)).encode() + b"\n"
    words = ["--pipe", "--reject", trial.path("rejected"), "--resume", trial.path("progress")]
    # The shell's unit is 512 bytes.
    limit = trial.random.randint(8, 300)
    command = ["/bin/sh", "-c", f"trap '' XFSZ; ulimit -f {limit}; exec \"$@\"", "sh", *trial.command(*words)]
    run = Run(command, lines)
    trial.runs.append(run)
    outcome = run.wait(30)
    trial.context = f"the disk is full after {limit * 512} bytes"
    trial.check(outcome.status not in (SUCCESS, -1), "does not stop", outcome)
    outcome = trial.run(*words, data=lines)
    found = {line.split()[-1] for line in trial.lines("rejected")}
    missing = count - len(found & {str(i) for i in range(count)})
    trial.check(not missing, f"{missing} of {count} rejects are missing", outcome)
