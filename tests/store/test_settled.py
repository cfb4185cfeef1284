"""The record of a settled spec is searched as bytes: it must answer as a table of the same rows would."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from pixmake.store.settled import Row, Settled, is_plain, load, rows_of, save, used_of

NAMES = st.sampled_from(["a", "ab", "0,1", "b/a", "\udcff"])
"""Few, so that they meet; parts of each other, like a row's numbers, no UTF-8."""
ROWS = st.builds(
    Row,
    fresh=st.integers(0, 11),
    drafts=st.integers(0, 11),
    outputs=st.lists(NAMES, unique=True, max_size=3).map(tuple),
)
TABLES = st.dictionaries(NAMES, ROWS, max_size=4)


def record(rows: dict[str, Row], used: set[str] | frozenset[str] = frozenset()) -> Settled:
    return Settled(
        spec=(10, 20, 30, 40),
        place=(5, 9, 2),
        models=frozenset({"openai ink-2", "draft sketch"}),
        count=len(rows),
        fresh=sum(row.fresh for row in rows.values()),
        drafts=sum(row.drafts for row in rows.values()),
        text=b"a text\0\n",
        rows=rows_of(rows),
        used=used_of(used),
    )


@given(TABLES, NAMES)
def test_a_row_is_found_by_its_whole_name(rows: dict[str, Row], name: str) -> None:
    assert record(rows).row(name) == rows.get(name)


@given(TABLES, NAMES, NAMES)
@example({name: Row(fresh=1, drafts=0, outputs=("a",)) for name in ("ab", "0,1")}, "a", "ab")
@example({"a": Row(fresh=0, drafts=1, outputs=())}, "0,1", "b")
def test_a_path_is_taken_where_another_row_has_it(rows: dict[str, Row], path: str, but: str) -> None:
    taken = any(path in row.outputs for name, row in rows.items() if name != but)
    assert record(rows).is_taken(path, but) == taken
    assert record(rows).is_written(path) == any(path in row.outputs for row in rows.values())


@given(st.sets(NAMES), NAMES)
def test_what_is_used(used: set[str], name: str) -> None:
    assert record({}, used).is_used(name) == (name in used)


@given(TABLES, TABLES)
@example({name: Row(fresh=1, drafts=2, outputs=()) for name in "abc"}, {"b": Row(fresh=3, drafts=4, outputs=("x",))})
def test_rows_in_place_of_others(rows: dict[str, Row], new: dict[str, Row]) -> None:
    data, count, fresh, drafts = record(rows).with_rows(new)
    whole = {**rows, **new}
    after = record(whole)
    assert sorted(data.split(b"\n")) == sorted(after.rows.split(b"\n"))
    assert (count, fresh, drafts) == (after.count, after.fresh, after.drafts)


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "settled"
    row = Row(fresh=1, drafts=0, outputs=("out/a.png", "out/\udcff.png"))
    saved = record({"a": row, "b": Row(fresh=0, drafts=2, outputs=())}, {"a", "\udcff"})
    save(path, saved, "1.2")
    assert load(path, "1.2") == saved
    assert load(path, "1.3") is None, "another version may see a spec in another way"
    assert load(tmp_path / "none", "1.2") is None


def test_no_damage_is_believed(tmp_path: Path) -> None:
    """Each byte changed and each end cut off: all of the spec is read then."""
    path = tmp_path / "settled"
    save(path, record({"a": Row(fresh=1, drafts=0, outputs=("a.png",))}, {"a"}), "1.2")
    whole = path.read_bytes()
    for at in range(len(whole)):
        for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]):
            path.write_bytes(damaged)
            assert load(path, "1.2") is None, at


def test_names_that_can_not_be_told_apart() -> None:
    assert is_plain(["a", "b c", ""])
    assert not is_plain(["a", "b\nc"])
    assert not is_plain(["b\0c", "a"])
