"""The order in which the linker places functions and data."""

from __future__ import annotations

import bisect
import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from typing import NamedTuple

from .running import BUILT, ROOT
from .servers import cluster

# From this many bytes on, start-up touches only a little of a section.
LONG_SECTION = 32 << 10


class Section(NamedTuple):
    """A piece of code or data that the linker places as a whole."""

    start: int
    size: int
    names: list[str]


def sections(path: pathlib.Path) -> list[Section]:
    """The sections in a map file of lld, by address."""
    found: list[Section] = []
    is_wanted = False
    # Address, size, depth (a section, or a symbol in it) and name.
    row = re.compile(r" *([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+) +\d+ ( {16}| {8})(\S.*)")
    for line in path.read_text().splitlines():
        if not (columns := row.fullmatch(line)):
            continue
        if len(columns[3]) == 8:
            is_wanted = re.search(r":\(\.(text|rodata|data|bss)\b[^:]*\)$", columns[4]) is not None
            if is_wanted:
                found.append(Section(int(columns[1], 16), int(columns[2], 16), []))
        elif is_wanted:
            found[-1].names.append(columns[4])
    return sorted(section for section in found if section.start and section.size)


def touched(found: list[Section], program: pathlib.Path, words: list[str], cache: str) -> list[Section]:
    """The sections that a run touches, in the order of first use."""
    trace = subprocess.run(
        ["valgrind", "--tool=lackey", "--trace-mem=yes", program, "--quiet", *words],
        env={**os.environ, "XDG_CACHE_HOME": cache}, check=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE).stderr
    starts = [section.start for section in found]
    places: dict[int, None] = {}
    for text in dict.fromkeys(re.findall(rb"^(?:I | [LSM]) ([0-9a-f]+),", trace, re.M)):
        address = int(text, 16)
        place = bisect.bisect_right(starts, address) - 1
        if place >= 0 and address < starts[place] + found[place].size:
            places[place] = None
    return [found[place] for place in places]


def write_startup_order() -> None:
    """Writes a name for each section that one-shot commands touch, in the order of first use. Long sections, of which
    they touch little, come last."""
    if subprocess.run([ROOT / "Scripts/setup", "valgrind"], stdout=sys.stderr).returncode != 0:
        sys.exit(1)
    # Separate from the usual build, since this one keeps its symbols.
    folder = ROOT / ".build/startup"
    program, layout = folder / "release/slotline", folder / "slotline.map"
    # Otherwise it would not be linked again, and no map would be written.
    program.unlink(missing_ok=True)
    subprocess.run(["swift", "build", "--package-path", ROOT, "--scratch-path", folder, "--configuration", "release",
                    "--product", "slotline", "-Xlinker", "--strip-debug", "-Xlinker", "--no-demangle",
                    "-Xlinker", f"-Map={layout}"], check=True, stdout=sys.stderr)
    found = sections(layout)
    used: dict[int, Section] = {}
    with cluster() as ports, tempfile.TemporaryDirectory(prefix="slotline-bench-") as cache:
        for port in ports:
            # Two of the GETs meet MOVED. The second DBSIZE knows where the nodes are.
            for words in (["GET", "key"], ["DBSIZE"], ["DBSIZE"], ["MGET", "a", "b", "c"]):
                for section in touched(found, program, ["-p", str(port), *words], cache):
                    used.setdefault(section.start, section)
    counts = collections.Counter(name for section in found for name in section.names)
    order = sorted((section for section in used.values() if section.names), key=lambda section: section.size > LONG_SECTION)
    names = (min(section.names, key=lambda name: counts[name]) for section in order)
    (ROOT / "Sources/slotline/Startup.order").write_text("\n".join(names) + "\n")
    # The next build has to link again, which it would not notice on its own.
    BUILT.unlink(missing_ok=True)
