"""Laws of what reads: whatever bytes lie there, loader, planner and readers of state end well or raise diagnostics."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import strategies as st

from laws.oracle import Faithful, write_files
from laws.projects import Project as Pieces
from laws.projects import projects
from laws.running import law
from laws.spelling import Writer
from pixmake.build.project import Project
from pixmake.diagnostics import Problem
from pixmake.digest import sha256_bytes
from pixmake.store.home import open_store
from pixmake.store.memo import Memo
from pixmake.store.records import Failure, Pick, encode

BYTES = st.binary(max_size=80)
WORDS = st.sampled_from(
    [
        "",
        "@p0",
        "@",
        "64x64",
        "0x0",
        "99999x1",
        "16:9",
        "{{ nope }}",
        "{{ 'x' * 9 }}",
        "{%",
        "../x",
        "/etc/passwd",
        "~",
        "no",
    ]
)
HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**12) | st.floats() | st.text(max_size=5) | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.sampled_from(["path", "rect"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One folder for all cases of this file: each of them overwrites its spec."""
    HOMES.append(tmp_path_factory.mktemp("readers"))
    write_files(HOMES[-1])


HOMES: list[Path] = []


def planned(text: bytes) -> None:
    """Loads and plans; nothing but Problem may come of it, and each of its diagnostics says something."""
    home = HOMES[-1]
    (home / "assets.yaml").write_bytes(text)
    painter = Faithful()
    try:
        project = Project(home / "assets.yaml", store=home / "store", providers={"openai": lambda _: painter}, env={})
        project.plan()
    except Problem as problem:
        assert problem.diagnostics
        assert all(item.code and item.message and "Traceback" not in item.message for item in problem.diagnostics)
    assert not painter.calls


@law(250, text=BYTES)
def test_any_bytes_as_a_spec(text: bytes) -> None:
    planned(text)


@law(
    200,
    tree=st.dictionaries(st.sampled_from(["assets", "defaults", "vars", "presets", "include", "groups", "x"]), HOSTILE),
)
def test_any_tree_as_a_spec(tree: dict[str, Any]) -> None:
    planned(dumped({"version": 1, **tree}))


@law(250, project=projects(3), dice=st.randoms(use_true_random=False), values=st.lists(HOSTILE, min_size=1, max_size=2))
def test_a_valid_spec_with_other_values_in_some_places(project: Pieces, dice: Random, values: list[Any]) -> None:
    tree = yaml.safe_load(Writer(dice=None).text(project))
    for value in values:
        tree = _struck(tree, dice, value)
    planned(dumped(tree))


def _struck(tree: Any, dice: Random, value: Any) -> Any:
    """The tree with one node replaced, taken out, or under another name."""
    if not isinstance(tree, dict | list) or not tree or dice.random() < 0.2:
        return value
    if isinstance(tree, list):
        at = dice.randrange(len(tree))
        return [_struck(item, dice, value) if index == at else item for index, item in enumerate(tree)]
    name = dice.choice(list(tree))
    kind = dice.random()
    if kind < 0.1:
        return {key: item for key, item in tree.items() if key != name}
    if kind < 0.2:
        return {f"{key}x" if key == name else key: item for key, item in tree.items()}
    return {key: _struck(item, dice, value) if key == name else item for key, item in tree.items()}


def dumped(tree: Any) -> bytes:
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False).encode("utf-8", "surrogatepass")


@law(200, project=projects(2), at=st.integers(0, 10**6), junk=st.binary(max_size=4), cut=st.integers(0, 6))
def test_a_valid_spec_with_a_few_other_bytes(project: Pieces, at: int, junk: bytes, cut: int) -> None:
    data = Writer(dice=None).text(project).encode()
    place = at % len(data)
    planned(data[:place] + junk + data[place + cut :])


KEY = sha256_bytes(b"k")
RECORDS: list[Failure | Pick] = [
    Failure(intent="i", key=KEY, why="unknown", message="x", time="2026-11-22"),
    Pick(key=KEY, scope="/s", asset="a", digest=KEY, time="2026-11-22"),
]
JOURNAL = b'{"format":"pixmake.journal/1"}\n' + b"".join(encode(record) for record in RECORDS)


@law(200, at=st.integers(0, len(JOURNAL)), junk=st.binary(max_size=9), cut=st.integers(0, 200))
def test_a_damaged_journal_is_read_and_its_damage_told(at: int, junk: bytes, cut: int) -> None:
    """Nothing that is read back was not written; where a line was lost from the middle, it is said."""
    home = HOMES[-1] / "damaged"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    (home / "journal.jsonl").write_bytes(JOURNAL[:at] + junk + JOURNAL[at + cut :])
    store = open_store(home, project_root=home, spec_store=None, env={})
    try:
        pool = store.results.pool(KEY)
    except Problem as problem:
        assert [item.code for item in problem.diagnostics] == ["journal-too-new"]
        return
    assert set(pool.picks) <= {RECORDS[1]}
    assert store.results.unknown() == ()
    assert all(item.code == "journal-damaged" for item in store.results.damage)


@law(200, data=BYTES | st.just(b'{"format":"pixmake.memo/1","files":{},"facts":[],"outputs":{}}'))
def test_any_bytes_as_a_memo_are_as_if_nothing_was_remembered(data: bytes) -> None:
    path = HOMES[-1] / "memo.json"
    path.write_bytes(data)
    memo = Memo(path)
    assert memo.output("assets/a.png") is None
    assert memo.facts(KEY) is None
