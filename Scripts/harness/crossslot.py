"""Attacks on single commands over several slots."""

from __future__ import annotations

import contextlib
import signal
import time

from .catalogue import CASES, MOVES, Case, difference, expectation, fill, judge, own
from .client import Client, slot, until
from .network import Link, Network
from .slotline import Run
from .trial import Trial, scenario

# A role as operators define it: all of @transaction is missing, and so is EVAL.
READER_WRITER = ["+@read", "+@write", "+@connection", "+cluster|shards", "+cluster|slots", "+cluster|myid", "+wait"]
STEPS = ["multi", "exec", "watch", "unwatch", "wait", "eval", "evalsha", "del", "unlink", "dump", "restore", "rename",
         "pexpire", "pexpireat", "pexpiretime", "pttl", "exists", "copy", "script", "lrange", "smembers", "zrange"]


def add_user(trial: Trial, rules: list[str]) -> list[str]:
    """Creates a user with these rules on all nodes; returns the options for that user."""
    for node in trial.cluster.nodes:
        node("ACL", "SETUSER", "limited", "reset", "on", ">secret", *rules)
    return ["--user", "limited", "--pass", "secret", "--no-auth-warning"]


@scenario
def rights(trial: Trial) -> None:
    """A user who may not run a step of a plan is refused before anything changes."""
    for case in trial.random.sample(CASES, 10):
        denied = trial.random.sample(STEPS, trial.random.randint(1, 3))
        roles = [READER_WRITER, ["+@all", *(f"-{name}" for name in denied)], ["+@all", "-@transaction"],
                 ["+@all", "-@scripting"]]
        rules = trial.random.choice(roles)
        patterns = trial.random.choice([["~*"], ["~*"], ["~??", "~new", "~other"]])
        trial.context = f"{case.line} as {' '.join(rules + patterns)}"
        user = add_user(trial, [*patterns, "&*", *rules])
        before, after = expectation(trial, case)
        fill(trial)
        judge(trial, case, before, after, trial.run(*user, *case.words, retry_for=1))


@scenario
def refusals(trial: Trial) -> None:
    """With a node that refuses writes (OOM, NOREPLICAS), nothing is lost, and nothing is falsely reported as done."""
    for case in trial.random.sample(CASES, 10):
        setting = trial.random.choice(["maxmemory 1", "min-replicas-to-write 5"]).split()
        before, after = expectation(trial, case)
        fill(trial)
        key = trial.random.choice([word for word in case.words if word.encode() in before.keys() | after.keys()])
        node = trial.cluster.owner(key)
        trial.context = f"{case.line} with {' '.join(setting)} at the node of {key}"
        node("CONFIG", "SET", *setting)
        outcome = trial.run(*case.words, retry_for=0)
        node("CONFIG", "SET", setting[0], 0)
        judge(trial, case, before, after, outcome)


@scenario
def cuts(trial: Trial) -> None:
    """Cutting a connection at any byte, or killing slotline there, loses, duplicates and misreports nothing."""
    for case in trial.random.sample(CASES, 10):
        before, after = expectation(trial, case)
        fill(trial)
        trial.cluster.network.count()
        trial.context = f"{case.line} undisturbed"
        judge(trial, case, before, after, trial.run(*case.words))
        passed = trial.cluster.network.count()
        fill(trial)
        is_up, kind = trial.random.random() < 0.5, trial.random.choice(["cut", "kill", "late"])
        place = any_place(trial, passed[is_up])
        trial.context = f"{case.line}, {kind} at byte {place} {'up' if is_up else 'down'}"
        run = attack(trial, case, is_up, place, kind)
        outcome = run.wait()
        trial.check(outcome.status != -1, "does not end", outcome)
        wait_for_late(trial)
        judge(trial, case, before, after, None if kind == "kill" else outcome)


LATE = 0.4


def any_place(trial: Trial, passed: list[int]) -> int:
    """Any byte, or the last byte of a step, or the first byte of one."""
    piece = trial.random.randrange(1, len(passed))
    return trial.random.choice([trial.random.randint(1, passed[-1]), passed[piece], passed[piece - 1] + 1])


def attack(trial: Trial, case: Case, is_up: bool, place: int, kind: str) -> Run:
    """Runs a command whose connection is cut at a byte: `kill` also kills slotline, and `late` delays what it had sent;
    `lost` does both."""
    runs = []

    def spring(network: Network, link: Link, rest: bytes) -> None:
        if kind in ("kill", "lost"):
            trial.counts["kills"] += 1
            until(lambda: runs, 5, "the process")
            runs[0].signal(signal.SIGKILL)
        if kind in ("late", "lost") and is_up:
            network.delay(link, rest, LATE)
        else:
            network.drop(link)

    trial.trap(is_up, place, spring)
    runs.append(trial.start(*case.words, data=b"", retry_for=2))
    return runs[0]


def wait_for_late(trial: Trial) -> None:
    trial.cluster.network.set_trap(None)
    until(lambda: not trial.cluster.network.has_delayed, 5, "what was delayed")


@scenario
def recovery(trial: Trial) -> None:
    """An element in transit arrives once, whatever its destination answers to --recover, and however late."""
    for _ in range(5):
        case = trial.random.choice(MOVES)
        before, after = expectation(trial, case)
        fill(trial)
        trial.cluster.network.count()
        trial.run(*case.words)
        passed = trial.cluster.network.count()
        fill(trial)
        kind = trial.random.choice(["kill", "lost", "late"])
        is_up = kind == "late" or trial.random.random() < 0.6
        # The last steps: the element leaves its source, arrives, and its marker is deleted.
        place = any_place(trial, passed[is_up][-6:])
        destination = trial.cluster.owner(case.words[2])
        answer = trial.random.choice(["maxmemory 1", "min-replicas-to-write 5", "nothing", "no connection", "all"])
        trial.context = f"{case.line}, {kind} at byte {place} {'up' if is_up else 'down'}; --recover while its destination answers {answer}"
        attack(trial, case, is_up, place, kind).wait()
        if answer == "nothing":
            destination.pause()
        elif answer == "no connection":
            trial.cluster.network.refuse(destination.gate)
            trial.cluster.network.cut(destination.port)
        elif answer != "all":
            destination("CONFIG", "SET", *answer.split())
        trial.start("--recover", data=b"", retry_for=0).wait(1.5 if answer == "nothing" else 20)
        destination.resume()
        trial.cluster.network.listen(destination.gate)
        until(lambda: destination("PING"), 5, "the destination")
        trial.cluster.reset(destination)
        wait_for_late(trial)
        judge(trial, case, before, after, None)


@scenario
def lagging_replica(trial: Trial) -> None:
    """An element does not end up at both keys when the source's master dies before its replica knows."""
    case = trial.random.choice([case for case in MOVES if "new" not in case.words])
    before, after = expectation(trial, case)
    fill(trial)
    master = trial.cluster.owner(case.words[1])
    replica = trial.cluster.replica(master)
    trial.context = f"{case.line}; the replica of its source lags, its master dies"
    with trial.cluster.network.change():
        master.gate.holds_replicas = True
    run = trial.start(*case.words, data=b"", retry_for=1)
    with contextlib.suppress(TimeoutError):
        until(lambda: not run.runs, trial.random.uniform(0.5, 3), "slotline")
    trial.kill(master)
    trial.cluster.take_over(master, replica)
    run.wait(20)
    if trial.cluster.data() != own(trial.cluster.data()):
        trial.run("--recover")
    found = own(trial.cluster.data())
    trial.check(found in (before, after), f"after the failover {difference(found, before)}")


@scenario
def late_replica(trial: Trial) -> None:
    """RENAME waits for a replica of the destination that came after the session began."""
    cluster, spare = trial.cluster, trial.cluster.spare
    cluster.fill([["SET", "ta", 1]])
    source = cluster.owner("tb")
    trial.move(slot("tb"), source, spare)
    run = trial.start("--json")
    run.ask("GET ta")
    run.ask("RENAME ta tb")
    run.ask("RENAME tb ta")
    replica = cluster.replica(cluster.owner("a"))
    replica("CLUSTER", "REPLICATE", spare.id)
    until(lambda: b"master_link_status:up" in replica("INFO", "replication"), 10, "the replica")
    until(lambda: b"state=online" in spare("INFO", "replication"), 10, "the replica")
    with cluster.network.change():
        spare.gate.holds_replicas = True
    age = trial.random.choice([0, 1.2])
    time.sleep(age)
    answer = run.ask("RENAME ta tb", 8)
    trial.context = f"the replica came {age} s ago, RENAME answered {answer}"
    trial.kill(spare)
    cluster.take_over(spare, replica)
    until(lambda: slot("tb") in cluster.claims().get(replica, ()), 5, "the replica to own the slot")
    found = [cluster.owner(key)("GET", key) for key in ("ta", "tb")]
    trial.check(b"1" in found, f"the value is lost: ta and tb are {found}", run.err.decode())


@scenario
def rivals(trial: Trial) -> None:
    """RENAME loses no acknowledged write of another client to either key, whatever its rights."""
    cluster = trial.cluster
    user: list[str] = []
    if trial.random.random() < 0.5:
        rules = trial.random.choice([READER_WRITER, ["+@all", "-watch"], ["+@all", "-multi"]])
        user = add_user(trial, ["~*", "&*", *rules])
    trial.context = f"RENAME with rivals, as {user or 'anybody'}"
    name = trial.random.choice(["RENAME", "RENAMENX"])
    for number in range(4):
        source, target = f"from{number}", f"to{number}"
        cluster.owner(source)("RPUSH", source, "s")
        pushed: list[int] = []
        seen: list[int] = []
        trial.rival(cluster.owner(source), lambda client, i: pushed.append(i) if client("RPUSH", source, i) else None)

        def push(client: Client, i: int) -> None:
            # Its reply shows whether the copy was there.
            length = client("RPUSH", target, f"d{i}")
            if seen or length > i + 1:
                seen.append(i)
            time.sleep(0.0005)
        if name == "RENAME":
            trial.rival(cluster.owner(target), push)
        until(lambda: len(pushed) > 20, 5, "a rival")
        outcome = trial.run(*user, name, source, target, retry_for=2)
        time.sleep(0.02)
        trial.stop.set()
        for thread in trial.threads:
            thread.join(5)
        trial.stop.clear()
        left = [element for key in (target, source) for element in cluster.owner(key)("LRANGE", key, 0, -1)]
        lost = [i for i in pushed if b"%d" % i not in left]
        trial.check(not lost, f"{len(lost)} of {len(pushed)} acknowledged writes to the source are lost", outcome)
        lost = [i for i in seen if b"d%d" % i not in left]
        trial.check(not lost, f"{len(lost)} of {len(seen)} acknowledged writes to the copy are lost", outcome)
