"""Attacks on transactions and watched keys, in files, loads and sessions."""

from __future__ import annotations

import contextlib
import re
import time

from .catalogue import CASES, SETUP
from .client import encode, slot, until
from .slotline import SUCCESS, Outcome, Run
from .trial import Trial, scenario

# Lines of a block that are not queued. In RESP there are no quotes, targets or blanks.
POISON = [
    "INCRBY {elsewhere}bob 10", "SET {bank}x \"abc", "SET {bank}x 'abc' d'ef", "@masters INCRBY {bank}x 10", "GET",
    "NOSUCHCOMMAND x", "RENAME {bank}x {elsewhere}x", "BITOP AND a b c", "WATCH {bank}x", "SINTER a b", "OBJECT",
    "@10.0.0.1:1 PING"]


@scenario
def poisoned_blocks(trial: Trial) -> None:
    """A block with a line that is not queued carries out nothing, in files and in loads."""
    cluster = trial.cluster
    for words, is_resp in (([], False), (["--pipe"], False), (["--pipe"], True)):
        cluster.fill([])
        kinds = [line for line in POISON if not is_resp or not set(line) & set("\"'@")]
        lines, poisons = [], []
        for number in range(30):
            block = ["MULTI", f"DECRBY {{bank}}alice{number} 10", f"INCRBY {{bank}}bob{number} 10", "EXEC"]
            poisons.append(trial.random.choice([*kinds, "", "", ""]))
            if poisons[-1]:
                block.insert(trial.random.randint(1, 3), poisons[-1])
            lines += block
        lines += block[:2]
        data = b"".join(encode(line.split()) if is_resp else line.encode() + b"\n" for line in lines)
        outcome = trial.run(*words, data=data)
        owner = cluster.owner("{bank}")
        for number, poison in enumerate(poisons):
            balances = tuple(owner.all(["GET", f"{{bank}}{name}{number}"] for name in ("alice", "bob")))
            trial.context = f"{' '.join(words) or 'a file'}{' of RESP' if is_resp else ''}, a block with {poison or 'nothing'}"
            trial.check(balances == ((None, None) if poison else (b"-10", b"10")), f"alice and bob have {balances}", outcome)


def block_lines(blocks: int, tags: int) -> bytes:
    """Blocks that write their number to two lists in a slot."""
    return "".join(f"MULTI\nRPUSH {{{i % tags}}}first {i}\nRPUSH {{{i % tags}}}second {i}\nEXEC\n"
                   for i in range(blocks)).encode()


def check_blocks(trial: Trial, blocks: int, tags: int, outcome: Outcome) -> set[int]:
    """Checks that every block ran whole, once and in order, or not at all; returns those that did not run."""
    cluster = trial.cluster
    missing: set[int] = set()
    for tag in range(tags):
        owner = cluster.owner(f"{{{tag}}}")
        first, second = (list(map(int, owner("LRANGE", f"{{{tag}}}{name}", 0, -1))) for name in ("first", "second"))
        trial.check(first == second, f"blocks in part: {sorted(set(first) ^ set(second))[:10]}", outcome)
        trial.check(len(set(first)) == len(first), f"{len(first) - len(set(first))} blocks twice", outcome)
        trial.check(first == sorted(first), "blocks out of order", outcome)
        missing |= set(range(tag, blocks, tags)) - set(first)
    return missing


def unknown_numbers(trial: Trial) -> set[int]:
    """The numbers at the end of the lines whose outcome slotline did not know."""
    return {int(line.split()[-1]) for line in trial.lines("rejected.unknown") if line.split()[-1].isdigit()}


def move_slots(trial: Trial, run: Run, keys: list[str]) -> None:
    """Moves the slots of keys from master to master while slotline runs. None returns to a former owner."""
    cluster = trial.cluster
    been = {key: [cluster.owner(key)] for key in keys}
    while run.runs and any(len(owners) < 4 for owners in been.values()):
        key = trial.random.choice([key for key in keys if len(been[key]) < 4])
        targets = [node for node in [*cluster.masters(), cluster.spare] if node not in been[key]]
        if not targets:
            return
        target = trial.random.choice(targets)
        trial.move(slot(key), been[key][-1], target)
        been[key].append(target)


@scenario
def moving_blocks(trial: Trial) -> None:
    """Blocks of a load are carried out whole, once and in order while their slots move."""
    blocks, tags = 500, 8
    for words in (["--pipe", "--reject", trial.path("rejected")], []):
        run = trial.start(*words, data=block_lines(blocks, tags))
        move_slots(trial, run, [f"{{{tag}}}" for tag in range(tags)])
        outcome = run.wait()
        told = len(re.findall("^stdin:\\d+: EXEC:", outcome.err, re.MULTILINE))
        told += len(re.findall("^(ASK|MOVED|TRYAGAIN|EXECABORT) ", outcome.out, re.MULTILINE))
        outcome = outcome._replace(out="")
        trial.context = " ".join(words[:1]) or "a file"
        missing = check_blocks(trial, blocks, tags, outcome)
        trial.check(len(missing) == told, f"{len(missing)} blocks are missing, {told} were told", outcome)
        # A load starts over a block that a redirect has discarded; in a file, EXEC is an error.
        trial.check(outcome.status == SUCCESS or not words, "fails", outcome)
        trial.cluster.fill([])


@scenario
def failover_blocks(trial: Trial) -> None:
    """A load waits for the new master with its blocks too: none fails, none is carried out in part."""
    cluster = trial.cluster
    blocks, tags = 1500, 8
    run = trial.start("--pipe", "--reject", trial.path("rejected"), data=block_lines(blocks, tags))
    time.sleep(trial.random.uniform(0.05, 0.2))
    master = trial.random.choice(cluster.masters())
    replica = cluster.replica(master)
    cluster.drain(master, 3000)
    trial.kill(master)
    time.sleep(trial.random.uniform(0, 1))
    cluster.take_over(master, replica)
    outcome = run.wait()
    trial.check("failed: 0," in outcome.out, "blocks failed", outcome)
    missing = check_blocks(trial, blocks, tags, outcome) - unknown_numbers(trial)
    trial.check(not missing, f"{len(missing)} blocks are missing, such as {min(missing, default=0)}", outcome)


# Their destination has another type, which is only noticed after the source has been looked at.
REFUSED = ["RPOPLPUSH la sa", "LMOVE lb ta LEFT LEFT", "SMOVE sa la m1", "SUNIONSTORE new sa la", "BLMOVE la za LEFT LEFT 1"]


@scenario
def watch(trial: Trial) -> None:
    """EXEC does nothing after a watched key has changed, whatever ran or broke in between."""
    cluster = trial.cluster
    cluster.fill(SETUP)
    run = trial.start("--json", "--unblock", "watch")
    for number in range(12):
        # At the node of a source, where plans do their work.
        tag = trial.random.choice(["la", "lb", "sa", "za", "ta"])
        watched, written = f"{{{tag}}}key{number}", f"{{{tag}}}other{number}"
        owner = cluster.owner(watched)
        owner("SET", watched, 0)
        breaks = trial.random.random() < 0.2
        cluster.network.set_trap(None)
        if breaks:
            # Right after the +OK.
            trial.trap(False, 5, lambda network, link, rest: network.drop(link))
        if run.ask(f"WATCH {watched}") != '"OK"':
            continue
        if trial.random.random() < 0.3:
            run.ask(f"GET {written}")
        between = trial.random.choice(["", "cut", "PING", "@masters PING", "KEYS none"] + trial.random.sample(REFUSED, 3)
                                      + [case.line for case in trial.random.sample(CASES, 3)])
        if between == "cut":
            trial.counts["cuts"] += 1
            cluster.network.cut(*(node.port for node in cluster.nodes))
        elif between:
            run.ask(between)
        owner("SET", watched, 1)
        if trial.random.random() < 0.3:
            run.ask("GET ta")
        answers = [run.ask("MULTI"), run.ask(f"SET {written} late", 5), run.ask("EXEC", 5)]
        trial.context = f"WATCH{' cut' if breaks else ''}, {between or 'nothing'}, a rival, MULTI, SET, EXEC answers {answers[-1]}"
        trial.check(owner("GET", written) is None, "was carried out", run.err.decode()[-300:])
        trial.check(run.runs, "slotline has ended", run.err.decode()[-300:])
        if not run.runs:
            return


# Slow enough for something to happen meanwhile.
WAYS = {"a file": ["--json", "-i", "0.003"], "a load": ["--pipe", "--rate", "400"], "a session": ["--json"]}


def disturb(trial: Trial, run: Run, tags: list[str]) -> None:
    """Until slotline ends, moves slots, makes replicas take over (cleanly or after a kill), and cuts connections."""
    cluster, lives = trial.cluster, True
    while run.runs and not trial.stop.is_set():
        act = trial.random.choice(["move"] * 5 + ["cut"] * 2 + ["replace", "kill"])
        if act == "move":
            tag = trial.random.choice(tags)
            source = cluster.owner(tag)
            masters = [*cluster.masters(), cluster.spare]
            trial.move(slot(tag), source, trial.random.choice([node for node in masters if node is not source]))
        elif act == "cut" and trial.random.random() < 0.3:
            trial.counts["cuts"] += 1
            cluster.network.cut(trial.random.choice(cluster.nodes).port)
        elif act == "cut":
            # Anywhere, such as between EXEC and its reply.
            trial.trap(trial.random.random() < 0.3, trial.random.randint(1, 2000),
                       lambda network, link, rest: network.drop(link))
        elif act == "replace" or lives:
            pairs = [(node, other) for node in cluster.masters() for other in cluster.nodes
                     if other.runs and cluster.view(other)[other.id][3] == node.id]
            if not pairs:
                continue
            master, replica = trial.random.choice(pairs)
            until(lambda: b"master_link_status:up" in replica("INFO", "replication"), 20, "a replica to follow")
            if act == "replace":
                replica("CLUSTER", "FAILOVER")
                # It may get too few votes, but there will be another try.
                with contextlib.suppress(TimeoutError):
                    until(lambda: replica("ROLE")[0] == b"master" and cluster.view(master)[master.id][3] == replica.id, 6,
                          "a replica to be the master")
            else:
                lives = False
                cluster.drain(master, 3000)
                trial.kill(master)
                cluster.take_over(master, replica)
        # The others have to hear of it before anything else happens to the same slot.
        time.sleep(trial.random.uniform(0.05, 0.5))


@scenario
def random_blocks(trial: Trial) -> None:
    """Blocks run whole, not at all, or are reported as unknown, while slots move, masters change, connections end."""
    tags = [f"{{{number}}}" for number in range(6)]
    blocks, kinds = [], {}
    for number in range(400):
        tag = trial.random.choice(tags)
        lines = [f"RPUSH {tag}first {number}", f"RPUSH {tag}second {number}"]
        fillers = [f"GET {tag}none", "PING", f"INCR {tag}sum", f"BLPOP {tag}none 1"]
        for filler in trial.random.sample(fillers, trial.random.randint(0, 3)):
            lines.insert(trial.random.randint(0, len(lines)), filler)
        # DISCARD and a bad line carry out nothing, whatever happens.
        kinds[number] = trial.random.choice(["EXEC"] * 9 + ["DISCARD", "bad"])
        if kinds[number] == "bad":
            lines.insert(trial.random.randint(0, len(lines)), "NOSUCHCOMMAND")
        blocks.append((number, tag, ["MULTI", *lines, "DISCARD" if kinds[number] == "DISCARD" else "EXEC"]))
    way = trial.random.choice(list(WAYS))
    trial.context = way
    words = WAYS[way] + (["--reject", trial.path("rejected")] if way == "a load" else [])
    data = None if way == "a session" else "".join(f"{line}\n" for _, _, lines in blocks for line in lines).encode()
    run = trial.start(*words, data=data, retry_for=30)
    thread = trial.thread(lambda: disturb(trial, run, tags))
    if way == "a session":
        ends = {number: [run.ask(line) for line in lines][-1] for number, _, lines in blocks}
        outcome = run.wait()
    else:
        outcome = run.wait(120)
        if way == "a file":
            replies = iter(outcome.out.splitlines())
            ends = {number: [next(replies, "") for _ in lines][-1] for number, _, lines in blocks}
        else:
            unknown = unknown_numbers(trial)
            failed = {int(line.split()[-1]) for line in trial.lines("rejected") if line.split()[-1].isdigit()}
            ends = {number: "UNKNOWN" if number in unknown else "error" if number in failed else "["
                    for number, _, _ in blocks}
    trial.check(outcome.status != -1, "does not end", outcome)
    thread.join(60)
    outcome = outcome._replace(out="")
    lists = {tag: [list(map(int, trial.cluster.owner(tag)("LRANGE", tag + name, 0, -1))) for name in ("first", "second")]
             for tag in tags}
    for number, tag, lines in blocks:
        counts = [found.count(number) for found in lists[tag]]
        told = f"{kinds[number]} of block {number}, {lines}, answers {ends[number][:200]}"
        trial.check(counts in ([0, 0], [1, 1]), f"{told}: carried out in part or twice, {counts}", outcome)
        if kinds[number] != "EXEC":
            trial.check(counts == [0, 0], f"{told}: carried out", outcome)
        elif ends[number].startswith("["):
            trial.check(counts == [1, 1], f"{told}: not carried out", outcome)
        elif "UNKNOWN" not in ends[number]:
            trial.check(counts == [0, 0], f"{told}: carried out", outcome)
        else:
            trial.counts["blocks unknown"] += 1
        trial.counts["blocks"] += 1
        trial.counts["blocks done"] += counts == [1, 1]
        trial.counts["blocks discarded"] += kinds[number] == "EXEC" and counts == [0, 0]


@scenario
def moving_watch(trial: Trial) -> None:
    """EXEC does nothing after a watched key has changed and its slot has moved, and says so."""
    cluster = trial.cluster
    run = trial.start("--json", "--unblock", "watch,unwatch")
    for number in range(10):
        tag = f"{{watched{number}}}"
        cluster.owner(tag)("SET", f"{tag}key", 0)
        if run.ask(f"WATCH {tag}key") != '"OK"':
            trial.check(False, "is not watched", run.err.decode()[-300:])
        steps = ["MULTI", f"SET {tag}late 1", "EXEC"]
        when = trial.random.randint(0, 2)
        answers = []
        for place, step in enumerate(steps):
            if place == when:
                cluster.owner(tag)("SET", f"{tag}key", 1)
                source = cluster.owner(tag)
                others = [node for node in cluster.masters() if node is not source]
                trial.move(slot(tag), source, trial.random.choice(others))
            answers.append(run.ask(step))
        trial.context = f"a slot that moves before {steps[when]}: {answers}"
        trial.check(cluster.owner(tag)("GET", f"{tag}late") is None, "was carried out", run.err.decode()[-300:])
        trial.check(answers[-1] == "null" or "error" in answers[-1], "is not told", run.err.decode()[-300:])
        trial.check(run.ask(f"SET {tag}after 1") == '"OK"', "the session does not go on", run.err.decode()[-300:])
