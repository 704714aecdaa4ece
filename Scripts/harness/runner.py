"""Runs trials on its own clusters, in parallel, until the time is up, and counts."""

from __future__ import annotations

import atexit
import shutil
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from typing import Iterator, Optional

from .cluster import Alone, Broken, Cluster
from .trial import SCENARIOS, Trial

Task = tuple[str, int]


class Runner:
    def __init__(self, program: str, server: str, seed: int, names: list[str], repeat: str) -> None:
        self.program = program
        self.server = server
        self.seed = seed
        self.names = names
        # The command that repeats a trial, without its scenario and round.
        self.repeat = repeat
        self.lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.rounds: Counter[str] = Counter()
        self.violations: Counter[str] = Counter()
        self.folder = tempfile.mkdtemp(prefix="slotline-chaos-")
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)

    def tasks(self, deadline: Optional[float], first: int) -> Iterator[Task]:
        """Every scenario once, and again until the deadline."""
        number = first
        while True:
            for name in self.names:
                if deadline and time.monotonic() > deadline:
                    return
                yield name, number
            if deadline is None:
                return
            number += 1

    def run(self, jobs: int, deadline: Optional[float], first: int) -> bool:
        """True when there was no violation."""
        tasks = self.tasks(deadline, first)
        workers = [threading.Thread(target=self.work, args=[tasks], daemon=True) for _ in range(jobs)]
        start = time.monotonic()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        seconds = time.monotonic() - start
        print(f"\n{self.rounds.total()} rounds of {len(self.names)} scenarios in {seconds:.0f} s: "
              f"{self.counts['kills']} kills, {self.counts['cuts']} cuts, {self.counts['moves']} moves, "
              f"{self.violations.total()} violations")
        for name, count in sorted(self.counts.items()):
            if name not in ("kills", "cuts", "moves"):
                print(f"  {count} {name}")
        for name, count in sorted(self.violations.items()):
            print(f"  {name}: {count} in {self.rounds[name]} rounds")
        return not self.violations

    def work(self, tasks: Iterator[Task]) -> None:
        cluster: Optional[Cluster] = None
        alone = Alone(self.server, self.folder)
        try:
            while True:
                with self.lock:
                    task = next(tasks, None)
                if task is None:
                    return
                cluster = self.healthy(cluster)
                self.trial(task, cluster, alone)
        finally:
            alone.kill()
            if cluster:
                cluster.close()

    def healthy(self, cluster: Optional[Cluster]) -> Cluster:
        if cluster:
            try:
                cluster.heal()
                return cluster
            except Broken as error:
                print(f"chaos: a new cluster: {error}", file=sys.stderr)
                cluster.close()
        return Cluster(self.server, self.folder)

    def trial(self, task: Task, cluster: Cluster, alone: Alone) -> None:
        name, number = task
        trial = Trial(f"{self.seed} {name} {number}", self.program, cluster, alone, self.folder)
        start = time.monotonic()
        try:
            SCENARIOS[name].attack(trial)
        except Exception as error:
            # If something that a scenario waits for does not come, slotline or the scenario itself is at fault.
            place = traceback.extract_tb(error.__traceback__)[-1 if not isinstance(error, TimeoutError) else 1]
            trial.check(False, f"{type(error).__name__}: {error} ({place.name}, line {place.lineno})")
        finally:
            trial.close()
        with self.lock:
            self.rounds[name] += 1
            self.counts += trial.counts
            self.violations[name] += len(trial.violations)
            self.violations += Counter()
            print(f"{name} {number}: {len(trial.violations) or 'no'} violations, {time.monotonic() - start:.1f} s",
                  flush=True)
            for violation in trial.violations:
                print(f"  {violation}", flush=True)
            if trial.violations:
                print(f"  repeat: {self.repeat} --scenario {name} --round {number}", flush=True)
