"""Attacks on transactions and on what is watched, in files, loads and sessions."""

from __future__ import annotations

import re
import time

from .catalogue import CASES, SETUP
from .client import encode, slot
from .slotline import SUCCESS, Outcome, Run
from .trial import Trial, scenario

# What a line of a block may be that is not queued. In RESP there are no quotes, no targets and no blanks.
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
    """Blocks that write their number into two lists of a slot."""
    return "".join(f"MULTI\nRPUSH {{{i % tags}}}first {i}\nRPUSH {{{i % tags}}}second {i}\nEXEC\n"
                   for i in range(blocks)).encode()


def check_blocks(trial: Trial, blocks: int, tags: int, outcome: Outcome) -> set[int]:
    """Every block whole, once, in order, or not at all; gives those that were not carried out."""
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
    """The last words of the lines whose outcome slotline did not know."""
    return {int(line.split()[-1]) for line in trial.lines("rejected.unknown") if line.split()[-1].isdigit()}


def move_slots(trial: Trial, run: Run, keys: list[str]) -> None:
    """Moves the slots of keys to one master after the other while slotline runs. None returns to where it was."""
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
        # A load begins a block again that a redirect has discarded; in a file EXEC is the error.
        trial.check(outcome.status == SUCCESS or not words, "fails", outcome)
        trial.cluster.fill([])


@scenario
def failover_blocks(trial: Trial) -> None:
    """A load waits for the new master with its blocks, too: none fails, none is in part."""
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


# Their destination has another type, which is seen when the source has been looked at.
REFUSED = ["RPOPLPUSH la sa", "LMOVE lb ta LEFT LEFT", "SMOVE sa la m1", "SUNIONSTORE new sa la", "BLMOVE la za LEFT LEFT 1"]


@scenario
def watch(trial: Trial) -> None:
    """EXEC does nothing after a watched key has changed, whatever ran or broke in between."""
    cluster = trial.cluster
    cluster.fill(SETUP)
    run = trial.start("--json", "--unblock", "watch")
    for number in range(12):
        # At the node of a source, where plans work.
        tag = trial.random.choice(["la", "lb", "sa", "za", "ta"])
        watched, written = f"{{{tag}}}key{number}", f"{{{tag}}}other{number}"
        owner = cluster.owner(watched)
        owner("SET", watched, 0)
        breaks = trial.random.random() < 0.2
        cluster.network.set_trap(None)
        if breaks:
            # Right behind the +OK.
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
