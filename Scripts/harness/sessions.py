"""Attacks on sessions that outlast changes of the cluster, and on iterators."""

from __future__ import annotations

import json
import re
import time

from .client import slot
from .slotline import SUCCESS
from .trial import Trial, scenario


@scenario
def reshaped(trial: Trial) -> None:
    """A session notices slots that have moved to a new master: KEYS, DBSIZE, SCAN_ITER and FLUSHALL miss none."""
    cluster = trial.cluster
    count = 200
    cluster.fill([["SET", f"{{{i % 25}}}{i}", i] for i in range(count)])
    run = trial.start("--json", "--aggregate", "--yes")
    trial.check(len(json.loads(run.ask("KEYS *"))) == count, "KEYS misses some before anything has moved")
    with trial.session() as session:
        session.ask("DBSIZE")
        # A master that is new to the cluster, or one that had no slots.
        target = cluster.join() if trial.random.random() < 0.7 else cluster.spare
        for i in trial.random.sample(range(25), 15):
            trial.move(slot(f"{{{i}}}"), cluster.owner(f"{{{i}}}"), target)
        time.sleep(1.1)
        for line in trial.random.sample(["KEYS *", "SCAN_ITER"], 2):
            found = len(json.loads(run.ask(line)))
            trial.check(found == count, f"{line} finds {found} of {count} keys", run.err.decode()[-300:])
        found = len(re.findall(r"^ *\d+\) ", session.ask("KEYS *"), re.MULTILINE))
        trial.check(found == count, f"KEYS finds {found} of {count} keys at the prompt")
    answer = run.ask("FLUSHALL")
    left = len(cluster.data())
    trial.check(left == 0, f"FLUSHALL answers {answer} and leaves {left} keys", run.err.decode()[-300:])


@scenario
def restarted_scan(trial: Trial) -> None:
    """An iterator misses no element when a node restarts between two pages, or says so."""
    cluster = trial.cluster
    count = 6000
    text = "x" * 180
    kind = trial.random.choice(["SCAN_ITER", "SCAN_ITER", "SSCAN_ITER set"])
    if kind == "SCAN_ITER":
        cluster.fill([["SET", f"{text}{i}", i] for i in range(count)])
        node = trial.random.choice(cluster.masters())
    else:
        cluster.fill([["SADD", "set", f"{text}{i}"] for i in range(count)])
        node = cluster.owner("set")
    node("SAVE")
    page = trial.random.choice([10, 100, 500])
    run = trial.start(*kind.split(), "COUNT", page, data=b"", reads=False)
    time.sleep(trial.random.uniform(0.05, 0.4))
    if trial.random.random() < 0.5:
        trial.kill(node)
        node.start()
    else:
        # A failover: the replica keeps its table in another order.
        replica = cluster.replica(node)
        trial.kill(node)
        cluster.take_over(node, replica)
    outcome = run.wait(40)
    found = len(set(re.findall(rf"{text}(\d+)", outcome.out)))
    trial.context = f"{kind} during a restart"
    trial.check(found == count or outcome.status != SUCCESS, f"{found} of {count} elements",
                outcome._replace(out=outcome.out[-80:]))
