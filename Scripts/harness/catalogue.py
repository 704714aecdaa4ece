"""Commands over several slots, and the data that may be there after one, whatever slotline reported."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from .client import ServerError, slot
from .cluster import Data
from .slotline import ERROR, NO_CONNECTION, SUCCESS, Outcome
from .trial import Trial

PREFIX = b"slotline:"

SETUP = [line.split() for line in """
RPUSH la a1 a2 a3
RPUSH lb b1 b2
SADD sa m1 m2 m3
SADD sb m2 n1 n2
SADD sc old
ZADD za 1 x 2 y 3 z
ZADD zb 1 y 2 w
SET ta 1
SET tb 2
XADD xa 1-1 f v
XADD xb 1-1 g w
XGROUP CREATE xa group 0
XGROUP CREATE xb group 0
PFADD pa 1 2 3
PFADD pb 3 4 5
""".strip().splitlines()]


# What an interruption may leave after recovery: everything as before or as after; also the original beside its copy; or
# each key as before or as after.
WHOLE, COPY, PARTS = "whole", "copy", "parts"


class Case(NamedTuple):
    line: str
    leaves: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.line)


MOVES = [Case(line, WHOLE) for line in (
    "RPOPLPUSH la lb", "LMOVE la lb LEFT RIGHT", "LMOVE lb new RIGHT RIGHT", "BRPOPLPUSH la lb 1",
    "BLMOVE la lb RIGHT LEFT 1", "SMOVE sa sb m1", "SMOVE sb new n1")]
POPS = [Case(line, PARTS) for line in (
    "BLPOP la lb 1", "BRPOP lb la 1", "LMPOP 2 la lb RIGHT COUNT 2", "BLMPOP 1 2 la lb LEFT", "BZPOPMIN za zb 1",
    "BZPOPMAX zb za 1", "ZMPOP 2 za zb MIN", "BZMPOP 1 2 za zb MAX COUNT 2",
    "XREADGROUP GROUP group me COUNT 1 STREAMS xa xb > >")]
RENAMES = [Case(line, COPY) for line in ("RENAME ta tb", "RENAME la new", "RENAMENX za new", "RENAME sa lb")]
STORES = [Case(line, PARTS) for line in (
    "SUNIONSTORE sc sa sb", "SINTERSTORE sc sa sb", "SDIFFSTORE new sa sb", "ZUNIONSTORE new 2 za zb",
    "ZINTERSTORE tb 2 za zb", "ZRANGESTORE zb za 0 1", "SORT la ALPHA DESC STORE lb", "PFMERGE pa pb", "COPY la new",
    "COPY ta tb REPLACE", "MSET ta 9 tb 8 new 7", "MSETNX new 1 other 2", "DEL ta la sa", "UNLINK sb tb zb")]
CASES = MOVES + POPS + RENAMES + STORES


def expectation(trial: Trial, case: Case) -> tuple[Data, Data]:
    """The data before the command, and after it on a server with all keys in one place."""
    trial.alone("FLUSHALL")
    trial.alone.all(SETUP)
    before = trial.alone.data()
    try:
        trial.alone(*case.words)
    except ServerError:
        pass
    return before, trial.alone.data()


def fill(trial: Trial) -> None:
    trial.cluster.fill(SETUP)


def own(data: Data) -> Data:
    return {key: value for key, value in data.items() if not key.startswith(PREFIX)}


def difference(found: Data, wanted: Data) -> str:
    missing = ("missing", "")
    return "; ".join(
        f"{key.decode()} is {found.get(key, missing)[1] or 'missing'}, not {wanted.get(key, missing)[1] or 'missing'}"
        for key in sorted(found.keys() | wanted.keys()) if found.get(key) != wanted.get(key))[:600]


def judge(trial: Trial, case: Case, before: Data, after: Data, outcome: Outcome | None) -> None:
    """Compares the data with what slotline reported; None when it was killed. The faults are over by now."""
    left = trial.cluster.data()
    if outcome and outcome.status == SUCCESS:
        trial.check(own(left) == after, f"told as done, but {difference(own(left), after)}", outcome)
    elif outcome and outcome.status in (ERROR, NO_CONNECTION):
        trial.check(own(left) == before, f"told as not done, but {difference(own(left), before)}", outcome)
    if any(key.startswith(PREFIX) for key in left):
        recovery = trial.run("--recover")
        trial.check(recovery.status == SUCCESS, "--recover fails without a fault", recovery)
    found = own(trial.cluster.data())
    if case.leaves == WHOLE:
        holds = found in (before, after)
    else:
        holds = all(found.get(key) in (before.get(key), after.get(key)) for key in found.keys() | before.keys())
    if case.leaves == COPY and case.words[1].encode() not in found:
        holds = found == after
    trial.check(holds, f"half done: {difference(found, after)}", outcome or "slotline was killed")


names = {word for words in SETUP for word in words if len(word) == 2} | {"new", "other"}
assert len({slot(name) for name in names}) == len(names)
