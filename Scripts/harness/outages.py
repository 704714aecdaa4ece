"""Attacks by nodes that hang, vanish, disagree or do not answer."""

from __future__ import annotations

import signal
import time

from .client import slot, until
from .cluster import free_port
from .loads import check_order, ordered_lines, unknown_numbers
from .slotline import INTERRUPTED, NO_CONNECTION, PARTIAL, SUCCESS
from .trial import Trial, scenario


@scenario
def hung_master(trial: Trial) -> None:
    """A hung or powered-off master holds up nothing once its replica has taken over; its later replies do not count."""
    cluster = trial.cluster
    count = 60000
    words = trial.random.choice([["--pipe", "--reject", trial.path("rejected")], []])
    is_off = trial.random.random() < 0.5
    run = trial.start(*words, data=ordered_lines(count))
    time.sleep(trial.random.uniform(0.02, 0.1))
    master = trial.random.choice(cluster.masters())
    replica = cluster.replica(master)
    cluster.drain(master, 1000)
    if is_off:
        with cluster.network.change():
            master.gate.is_silent = True
        trial.counts["kills"] += 1
        master.process.kill()
    else:
        master.pause()
    cluster.take_over(master, replica)
    time.sleep(trial.random.uniform(1.1, 3))
    if not is_off:
        master.resume()
    outcome = run.wait(25)
    trial.context = f"{' '.join(words[:1]) or 'a file'}, a master {'without power' if is_off else 'that hangs'}"
    trial.check(outcome.status in (SUCCESS, PARTIAL), "does not end well", outcome._replace(out=""))
    unknown = unknown_numbers(trial)
    if not words:
        unknown = {int(line.split()[-1].rstrip(":")) for line in outcome.err.splitlines()
                   if line.startswith("stdin:") and line.split()[-1].rstrip(":").isdigit()}
    check_order(trial, count, outcome._replace(out=""), unknown)


@scenario
def hung_answers(trial: Trial) -> None:
    """While a failed node hangs, commands about all nodes answer for the others, even at a prompt."""
    cluster = trial.cluster
    for node in cluster.nodes:
        node("CONFIG", "SET", "cluster-node-timeout", 1000)
    node = trial.random.choice([node for node in cluster.nodes if node is not cluster.spare])
    witness = next(other for other in cluster.nodes if other is not node)
    seeds = f"redis://127.0.0.1:{witness.gate.port}"
    with trial.session() as session:
        session.ask("DBSIZE")
        node.pause()
        until(lambda: b"fail" in cluster.view(witness)[node.id][2].replace(b"fail?", b""), 15, "the cluster to notice")
        start = time.monotonic()
        shown = session.ask("DBSIZE", 30)
        trial.check(time.monotonic() - start < 10, "the prompt takes more than ten seconds", shown)
    for words in (["DBSIZE"], ["INFO", "server"], ["PING"], ["CONFIG", "GET", "maxmemory"], ["KEYS", "*"]):
        outcome = trial.run(*words, seeds=seeds, seconds=20)
        trial.context = f"{' '.join(words)} while a node hangs"
        trial.check(outcome.seconds < 10, "takes more than ten seconds", outcome)
        trial.check(outcome.status in (SUCCESS, PARTIAL), "ends otherwise", outcome)
    node.resume()


@scenario
def isolated_node(trial: Trial) -> None:
    """An isolated node does not keep its slots from the user, or decide which nodes a command for all goes to."""
    cluster = trial.cluster
    keys = [f"key{i}" for i in range(12)]
    cluster.fill([["SET", key, key] for key in keys])
    for node in cluster.nodes:
        node("CONFIG", "SET", "cluster-node-timeout", 1000)
    lost = trial.random.choice(cluster.masters())
    replica = cluster.replica(lost)
    cluster.network.isolate({lost.id: lost.port + 10000})
    # Its replica still replicates from it, which the takeover ends.
    until(lambda: b"cluster_state:fail" in lost("CLUSTER", "INFO"), 15, "the node to notice")
    cluster.take_over(lost, replica)
    others = [node for node in cluster.nodes if node is not lost]
    until(lambda: all(cluster.view(node)[lost.id][2].endswith(b"fail") and not cluster.view(node)[lost.id][8:]
                      for node in others), 10, "the others to notice")
    seeds = "redis://" + ",".join(f"127.0.0.1:{node.gate.port}" for node in [lost, *others])
    gone = next(key for key in keys if cluster.owner(key) is replica)
    replica("DEL", gone)
    outcome = trial.run("KEYS", "*", seeds=seeds, retry_for=6)
    trial.check(sorted(outcome.out.split()) == sorted({*keys} - {gone}), "KEYS of another cluster", outcome)
    for key in trial.random.sample(keys, 4):
        outcome = trial.run("GET", key, seeds=seeds, retry_for=6)
        trial.check(outcome.status == SUCCESS and outcome.seconds < 5, f"GET {key}", outcome)
    for words in ([], ["--pipe"]):
        data = "".join(f"SET {key} {key}\n" for key in keys).encode()
        outcome = trial.run(*words, data=data, seeds=seeds, retry_for=6)
        trial.check(outcome.status == SUCCESS and outcome.seconds < 5, words or "a file", outcome)


@scenario
def closing_port(trial: Trial) -> None:
    """A port that accepts and closes connections is retried with pauses, and not for longer than --retry-for."""
    cluster, network = trial.cluster, trial.cluster.network
    lone = network.gate(free_port(), trial.alone.port)
    network.listen(lone)
    sources = [(["GET", "a"], ""), ([], "GET a\nGET b\nSET c 1\n"), (["--pipe"], "GET a\nSET b 1\nGET c\n"),
               (["DBSIZE"], ""), (["MGET", "a", "b", "c"], ""), (["-r", "3", "GET", "a"], "")]
    attacks = [(*source, [lone], True) for source in sources[1:3]]
    for source in trial.random.sample(sources, 4):
        gates = trial.random.choice([[lone], [trial.random.choice(cluster.masters()).gate],
                                     [node.gate for node in cluster.nodes]])
        attacks.append((*source, gates, trial.random.random() < 0.5))
    for words, data, gates, is_late in attacks:
        with network.change():
            for gate in gates:
                gate.closes, gate.accepted = not is_late, 0
                gate.closes_on = b"ET\r\n" if is_late else None
        network.cut(*(gate.target for gate in gates))
        seeds = f"redis://127.0.0.1:{lone.port}" if gates == [lone] else ""
        outcome = trial.start(*words, data=data.encode(), seeds=seeds, retry_for=1.5).wait(10)
        accepted = sum(gate.accepted for gate in gates)
        with network.change():
            for gate in gates:
                gate.closes, gate.closes_on = False, None
        trial.context = f"{' '.join(words) or 'a file'}, {len(gates)} close {'on a command' if is_late else 'at once'}"
        trial.check(outcome.status != -1, "does not end", outcome)
        trial.check(accepted < 60 * len(gates) * max(1, outcome.seconds), f"{accepted} connections", outcome)
    network.refuse(lone)


@scenario
def disagreement(trial: Trial) -> None:
    """Nodes that send a command back and forth for a while are waited for."""
    cluster = trial.cluster
    number = slot("a")
    owner = cluster.owner("a")
    other = trial.random.choice([node for node in cluster.masters() if node is not owner])
    cluster.fill([])
    owner("CLUSTER", "SETSLOT", number, "NODE", other.id)
    seconds = trial.random.uniform(0.5, 2)

    def agree() -> None:
        time.sleep(seconds)
        other("CLUSTER", "SETSLOT", number, "IMPORTING", owner.id)
        other("CLUSTER", "SETSLOT", number, "NODE", other.id)
    thread = trial.thread(agree)
    words, data = trial.random.choice([(["INCR", "a"], b""), ([], b"INCR a\n"), (["--pipe"], b"INCR a\n"),
                                       (["RENAME", "b", "a"], b"")])
    cluster.owner("b")("SET", "b", 1)
    outcome = trial.run(*words, data=data)
    thread.join()
    trial.context = f"{' '.join(words) or 'a file'}, two nodes disagree for {seconds:.1f} s"
    trial.check(outcome.status == SUCCESS, "fails", outcome)
    trial.check(other("GET", "a") == b"1", f"a is {other('GET', 'a')}", outcome)


BUSY = "for i = 1, 300 do redis.call('SADD', KEYS[1], 'x') redis.call('SREM', KEYS[1], 'x') end"


@scenario
def lost_races(trial: Trial) -> None:
    """A command over several slots that loses its races stops no load and no file."""
    cluster = trial.cluster
    cluster.fill([["SADD", "crowd", 1, 2]])
    for _ in range(4):
        trial.rival(cluster.owner("crowd"), lambda client, i: client("EVAL", BUSY, 1, "crowd"))
    for words in (["--pipe"], []):
        losers = ["SORT crowd BY w* ALPHA STORE crowd", "SUNIONSTORE crowd crowd other", "RENAME crowd elsewhere"]
        lines = [losers[0], trial.random.choice(losers[1:]), *(f"SET after{i} {len(words)}" for i in range(20))]
        cluster.owner("crowd")("SADD", "crowd", 1, 2)
        outcome = trial.run(*words, data="\n".join(lines).encode() + b"\n", retry_for=2)
        trial.context = " ".join(words) or "a file"
        trial.check(outcome.status != NO_CONNECTION, "ends as if nobody was there", outcome)
        missing = [i for i in range(20) if cluster.owner(f"after{i}")("GET", f"after{i}") != b"%d" % len(words)]
        trial.check(not missing, f"{len(missing)} of 20 lines after it were not carried out", outcome)


@scenario
def interrupt(trial: Trial) -> None:
    """Ctrl-C during the wait for the last replies ends with 130."""
    cluster = trial.cluster
    for words in (["--pipe"], []):
        node = trial.random.choice(cluster.masters())
        lines = "".join(f"SET key{i} 1\n" for i in range(500)).encode()
        run = trial.start(*words, data=lines)
        until(lambda: not run.runs or b"1" == cluster.owner("key499")("GET", "key499"), 10, "the lines")
        run.wait()
        node.pause()
        run = trial.start(*words, data=lines)
        time.sleep(0.7)
        for _ in range(3):
            if run.runs:
                run.signal(signal.SIGINT)
                time.sleep(0.4)
        outcome = run.wait(10)
        node.resume()
        trial.context = " ".join(words) or "a file"
        trial.check(outcome.status == INTERRUPTED, "ends otherwise", outcome._replace(out=""))


@scenario
def dead_first_key(trial: Trial) -> None:
    """A pop from several keys does not exceed its timeout because a node is down."""
    cluster = trial.cluster
    trial.kill(cluster.owner("la"))
    owner = cluster.owner("lb")
    for line in ("BLPOP la lb 1", "BLPOP la lc 1", "BZPOPMIN la lb 1"):
        owner.all([["DEL", "lb"], ["ZADD", "lb", 1, "b"] if line[1] == "Z" else ["RPUSH", "lb", "b"]])
        outcome = trial.run(*line.split(), retry_for=30)
        trial.context = line
        trial.check(outcome.seconds < 8, "takes longer than eight seconds", outcome)
        trial.check("lb" in outcome.out or owner("EXISTS", "lb"), "the element is gone", outcome)


@scenario
def no_owner(trial: Trial) -> None:
    """A slot without an owner ends a command and a file with the same status."""
    cluster = trial.cluster
    number = slot("a")
    owner = cluster.owner("a")
    coverage = trial.random.choice(["yes", "no"])
    for node in cluster.nodes:
        node.all([["CONFIG", "SET", "cluster-require-full-coverage", coverage], ["CLUSTER", "DELSLOTS", number]])
    statuses = {}
    for name, words, data in (("one-shot", ["SET", "a", "1"], b""), ("file", [], b"SET a 1\n"),
                              ("load", ["--pipe"], b"SET a 1\n")):
        outcome = trial.run(*words, data=data, retry_for=1)
        statuses[name] = outcome.status
        trial.check(outcome.seconds < 6, f"{name} takes longer than --retry-for", outcome)
    for node in cluster.nodes:
        node.all([["CLUSTER", "SETSLOT", number, "NODE", owner.id]])
    trial.check(statuses["one-shot"] == statuses["file"], f"statuses {statuses}", outcome)


@scenario
def lines_and_replies(trial: Trial) -> None:
    """The output of a file has a record for every line, including those with an unknown outcome."""
    cluster = trial.cluster
    count = 20000
    for form in (["--raw"], ["--json"], ["--csv"]):
        lines = "".join(f"APPEND key{i} {i}\n" if i % 3 else f"SET key{i} {i}\n" for i in range(count))
        cluster.network.count()
        place = trial.random.randint(1000, 200000)
        trial.trap(trial.random.random() < 0.5, place, lambda network, link, rest: network.drop(link))
        outcome = trial.run(*form, data=lines.encode())
        trial.context = f"{form[0]}, cut at byte {place}"
        # A raw error is followed by an empty line.
        found = sum(1 for line in outcome.out.splitlines() if line)
        trial.check(found == count, f"{found} records for {count} lines", outcome._replace(out=""))
        cluster.fill([])


@scenario
def taken_over(trial: Trial) -> None:
    """Once a replica has taken over, commands reach it at once, even if its master is not marked as failed yet."""
    cluster = trial.cluster
    key = trial.random.choice(["la", "lb", "lc", "ld"])
    master = cluster.owner(key)
    replica = cluster.replica(master)
    hangs = trial.random.random() < 0.5
    what = "hangs" if hangs else "is dead"
    with trial.session() as session:
        session.ask(f"SET {key} 1")
        if hangs:
            master.pause()
        else:
            trial.kill(master)
        cluster.take_over(master, replica)
        until(lambda: cluster.view(cluster.spare)[replica.id][8:], 10, "the others to know")
        start = time.monotonic()
        # A write sent to a hung master has an unknown outcome.
        shown = session.ask(f"SET {key} 2") + (session.ask(f"SET {key} 2") if hangs else "")
        trial.context = f"at the prompt, a master {what}"
        trial.check(time.monotonic() - start < 8 and replica("GET", key) == b"2", "does not get through", shown)
    seeds = "redis://" + ",".join(f"127.0.0.1:{node.gate.port}" for node in cluster.nodes if node is not master)
    for words, data in ((["SET", key, "3"], b""), ([], f"SET {key} 4\n".encode()), (["--pipe"], f"SET {key} 5\n".encode()),
                        (["MSET", key, "6", "other", "6"], b"")):
        outcome = trial.run(*words, data=data, seeds=seeds)
        trial.context = f"{' '.join(words) or 'a file'}, a master {what}"
        trial.check(outcome.status == SUCCESS and outcome.seconds < 6, "does not get through", outcome)
    master.resume()
