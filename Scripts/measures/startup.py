"""The order in which the linker places functions."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys
import tempfile

from .running import ROOT, SLOTLINE
from .servers import cluster


def write_startup_order() -> None:
    """Puts down the functions that one-shot commands call, in the order of their first calls."""
    if subprocess.run([ROOT / "Scripts/setup", "valgrind"], stdout=sys.stderr).returncode != 0:
        sys.exit(1)
    # Beside the usual build, since this one keeps its symbols.
    folder = ROOT / ".build/startup"
    subprocess.run(["swift", "build", "--package-path", ROOT, "--scratch-path", folder, "--configuration", "release",
                    "--product", "slotline", "-Xlinker", "--strip-debug"], check=True, stdout=sys.stderr)
    names: dict[str, None] = {}
    with cluster() as ports, tempfile.TemporaryDirectory(prefix="slotline-bench-") as scratch:
        for port in ports:
            # Of these, two meet MOVED.
            for words in (["GET", "key"], ["DBSIZE"], ["MGET", "a", "b", "c"]):
                trace = f"{scratch}/trace"
                subprocess.run(
                    ["valgrind", "--tool=callgrind", "--demangle=no", "--compress-strings=no",
                     f"--callgrind-out-file={trace}", folder / "release/slotline", "-p", str(port), *words],
                    check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                found = re.findall(r"^c?fn=(.*?)(?:'\d+)?$", pathlib.Path(trace).read_text(), re.M)
                names.update((name, None) for name in found if not name.startswith(("(", "0x")))
    (ROOT / "Sources/slotline/Startup.order").write_text("\n".join(names) + "\n")
    # The next build has to link it anew, which it would not notice by itself.
    pathlib.Path(SLOTLINE).unlink(missing_ok=True)
