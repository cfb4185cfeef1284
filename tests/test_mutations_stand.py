"""The lines whose change the suite must notice are those of the package as it is: who moves one says anew which it is.

The changes themselves are made by `python -m pytest -m long tests/long/test_money_mutations.py`.
"""

from __future__ import annotations

from collections import Counter

from long.mutations import CHANGES, PACKAGE


def test_each_names_a_line_that_stands_once_in_its_file() -> None:
    texts = {item.file: (PACKAGE / item.file).read_text("utf-8") for item in CHANGES}
    moved = [f"{item.file}: {item.says}" for item in CHANGES if texts[item.file].count(item.old) != 1]
    assert not moved, "\n".join(moved)


def test_each_changes_something_and_has_a_name_of_its_own() -> None:
    assert [item.says for item in CHANGES if item.old == item.new] == []
    assert [says for says, times in Counter(item.says for item in CHANGES).items() if times > 1] == []


def test_the_tests_that_must_notice_are_there() -> None:
    folder = PACKAGE.parents[1] / "tests"
    missing = []
    for name in sorted({name for item in CHANGES for name in item.tests}):
        file, _, function = name.partition("::")
        if f"\ndef {function.partition('[')[0]}" not in (folder / file).read_text("utf-8"):
            missing.append(name)
    assert not missing, "\n".join(missing)
