"""Temporary files of killed processes go away; those of living ones and of other machines stay."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pixmake.publish.outputs import DAY, HOST, TEMPORARY, clear_leftovers, write_atomically


def dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_only_what_nobody_writes_any_more_is_removed(tmp_path: Path) -> None:
    write_atomically(tmp_path / "icon.png", b"whole")
    dead = tmp_path / f".icon.png.{HOST}-{dead_process()}-abc_1{TEMPORARY}"
    living = tmp_path / f".icon.png.{HOST}-{os.getpid()}-abc_2{TEMPORARY}"
    elsewhere = tmp_path / f".icon.png.{'0' * 6}-{dead_process()}-abc_3{TEMPORARY}"
    old = tmp_path / f".icon.png.{'0' * 6}-1-abc_4{TEMPORARY}"
    foreign = tmp_path / "notes.tmp"
    for path in (dead, living, elsewhere, old, foreign):
        path.write_bytes(b"half")
    long_ago = old.stat().st_mtime - DAY - 60
    os.utime(old, (long_ago, long_ago))
    clear_leftovers([tmp_path, tmp_path / "not there", foreign])
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "icon.png", living, elsewhere, foreign])
