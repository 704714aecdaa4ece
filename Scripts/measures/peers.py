"""The valkey-cli to compare with."""

from __future__ import annotations

import functools
import pathlib
import shutil
import subprocess
import sys
import tempfile

from .running import FOLDER, ROOT, install

# The program given on the command line.
given: str | None = None


@functools.cache
def valkey_cli() -> str | None:
    """The given one; otherwise Debian's newest, built once from source without TLS, which slotline's one-shots do not
    use either; otherwise the installed one. None if there is none, which is reported."""
    if given:
        return install(given, "given-valkey-cli")
    place = FOLDER / "valkey-cli"
    if not place.exists():
        build(place)
    found = str(place) if place.exists() else shutil.which("valkey-cli")
    if not found:
        print("bench: there is no valkey-cli, so the rows against it are left out; --valkey-cli names one", file=sys.stderr)
    return found


def build(place: pathlib.Path) -> None:
    """Builds valkey-cli; leaves nothing if that is not possible here."""
    with tempfile.TemporaryDirectory(prefix="slotline-bench-") as folder:
        steps = [
            [ROOT / "Scripts/setup", "make", "dpkg-source"],
            [ROOT / "Scripts/source", "valkey", "backports", "unstable"],
            ["make", "-C", "valkey/src", "CC=clang", "OPTIMIZATION=-O3", "MALLOC=libc", "BUILD_TLS=no",
             "valkey-cli"],
        ]
        for step in steps:
            if subprocess.run(step, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode != 0:
                return
        install(f"{folder}/valkey/src/valkey-cli", place.name)
