"""What a killed process left in `.pixmake/` while it wrote does not stay for ever."""

from __future__ import annotations

import os
import time
from pathlib import Path

from pixmake.store.snapshot import Snapshot, save


def test_unfinished_files_of_yesterday_are_removed(tmp_path: Path) -> None:
    left = ((".new-dead", 90_000), (".memo.json.0a.tmp", 90_000), (".new-busy", 10), (".memo.json.0b.tmp", 10))
    for name, age in (*left, ("memo.json", 90_000)):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (time.time() - age, time.time() - age))
    made = Snapshot(version="1", root=tmp_path, files={}, folders={}, absent=(), hashed={}, plain={}, says={})
    assert save(tmp_path / "snapshot", made)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".memo.json.0b.tmp",
        ".new-busy",
        "memo.json",
        "snapshot",
    ]
