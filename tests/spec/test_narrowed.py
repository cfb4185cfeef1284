"""What of a spec's text is other than before, told by its bytes alone."""

from __future__ import annotations

import random

import pytest
import yaml

from pixmake.spec import narrowing
from pixmake.spec.narrowing import STRIDE, Narrowed, Place, narrowed, place_of

HEAD = "version: 1\nassets:\n"
TAIL = "vars: {}\n"
OLD = HEAD + "".join(f"  {number:05}.png: a hen\n" for number in range(9000)) + TAIL


def changed(new: str, old: str = OLD) -> Narrowed | None:
    place = place_of(old)
    assert place is not None
    return narrowed(old.encode(), new.encode(), place)


# --- where entries stand -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (OLD, Place(start=len(HEAD), stop=len(OLD) - len(TAIL), indent=2)),
        ("assets:\n\n  # fowl\n    a: b\n", Place(start=18, stop=27, indent=4)),
        ("vars: {é: ü}\nassets:\n a: ö\n", Place(start=23, stop=30, indent=1)),
        ("assets: {a: b}\n", None),
        ("assets:\n", None),
        ("assets:\nvars: {}\n", None),
    ],
)
def test_where_entries_stand(text: str, place: Place | None) -> None:
    assert place_of(text) == place


# --- what changed ------------------------------------------------------------------------------------------------------


def test_one_entry_of_many() -> None:
    found = changed(OLD.replace("04321.png: a hen", "04321.png: a duck"))
    assert found is not None
    assert found.before == "  04321.png: a hen\n"
    assert found.text == "version: 1\nassets:\n" + "\n" * 4321 + "  04321.png: a duck\nvars: {}\n"


def test_where_nothing_changed_the_first_entry_stands_for_all() -> None:
    found = changed(OLD)
    assert found is not None and found.is_same
    assert (found.text, found.before) == (HEAD + "  00000.png: a hen\n" + TAIL, "  00000.png: a hen\n")


@pytest.mark.parametrize(
    "new",
    [
        pytest.param(OLD.replace("hen", "duck"), id="all"),
        pytest.param(OLD.replace("00000.png: a", "00000.png: one").replace("08999.png: a", "08999.png: one"), id="far"),
        pytest.param(OLD.replace("  00001", "  new.png: an owl\n" * 9000 + "  00001"), id="more"),
    ],
)
def test_thousands_are_read_with_all_the_others(new: str) -> None:
    """Each is looked for in the record of the others: that grows with the square."""
    assert changed(new) is None


LAST = "  09.png: a hen\n"
FEW = HEAD + "".join(f"  {number:02}.png: a hen\n" for number in range(9)) + LAST + TAIL


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(FEW, FEW.replace("09.png: a hen", "09.png: a hens"), id="the end of the last"),
        pytest.param(FEW, FEW.replace("  01", "  new.png: an owl\n  01"), id="one more behind the first"),
        pytest.param(FEW, FEW.replace("  09", "  new.png: an owl\n  09"), id="one more before the last"),
        pytest.param(FEW, FEW.replace("  01", "  00.png: a hen\n  01"), id="the first twice"),
        pytest.param(FEW, FEW.replace("  00.png: a hen\n", ""), id="the first less"),
        pytest.param(HEAD + LAST, HEAD + LAST + "  new.png: an owl\n", id="one more at the end of the text"),
    ],
)
def test_at_the_edges_it_is_still_told_apart(old: str, new: str) -> None:
    found = changed(new, old)
    assert found is not None and not found.is_same
    checked(old, new, found)


@pytest.mark.parametrize(
    "new",
    [
        pytest.param("#" + OLD[1:], id="the first byte"),
        pytest.param(OLD.replace("version: 1", "version: 1 "), id="the head"),
        pytest.param(OLD.replace("vars: {}", "vars: { }"), id="the tail"),
        pytest.param(OLD.replace("vars: {}", " vars: {}"), id="the tail's place"),
        pytest.param(OLD.replace("vars: {}", "#vars: {}"), id="the tail's beginning"),
        pytest.param(OLD[:-1], id="the last byte"),
        pytest.param(OLD.replace("  00500", "paths: {}\n  00500"), id="the end of all entries"),
        pytest.param(OLD.replace("00500.png: a hen", "00500.png: a hen\r"), id="another end of a line"),
        pytest.param(OLD.replace("00500.png: a hen", '00500.png: "a hen'), id="a quote left open"),
        pytest.param(OLD.replace("00500.png: a hen", "00500.png: {a: hen"), id="a map left open"),
        pytest.param(OLD.replace("00500.png: a hen", "00500.png: *a"), id="what stands elsewhere"),
    ],
)
def test_more_than_entries(new: str) -> None:
    assert changed(new) is None


def test_what_is_no_text() -> None:
    old, place = OLD.encode(), place_of(OLD)
    assert place is not None
    assert narrowed(old, old.replace(b"00500.png: a hen", b"00500.png: a h\xffn"), place) is None


# --- a law: it says what reading the whole text says -------------------------------------------------------------------

ENTRIES = (
    "  {0}: a hen\n",
    "  {0}: a hen\n",
    "  {0}: two hens  # of many\n",
    "  {0}:\n    prompt: a hen\n    size: 64x64\n",
    "  {0}: |\n    a hen\n\n     on a lake\n",
    "  {0}: {{prompt: a hen,\n    size: 64x64}}\n",
    "  # of no entry\n",
    "\n",
    "    # further in\n",
)
BITS = ("\n", "  ", " ", "#", "a", ":", '"', "{", "\r", "\nb: 1\n", "\n  c: a hen\n", "é")
TAILS = ("", "  ", TAIL, "\n" + TAIL, "# the end\n" + TAIL)

Read = tuple[list[tuple[str, str, int]], str]


def entries_of(text: str) -> Read:
    """Name, value and line of each entry of `assets`, and all that stands beside. Raises YAMLError."""
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    assert isinstance(root, yaml.MappingNode)
    assets = [(key, node) for key, node in root.value if key.value == "assets"]
    if len(assets) != 1 or not isinstance(assets[0][1], yaml.MappingNode):
        raise yaml.YAMLError("there are no entries")
    beside = repr([(key.value, yaml.serialize(node)) for key, node in root.value if key.value != "assets"])
    return [(key.value, yaml.serialize(node), key.start_mark.line) for key, node in assets[0][1].value], beside


def checked(old: str, new: str, found: Narrowed) -> None:
    """What was left out of the new text stands in the old one as it stands there; all else is as in the new text."""
    (before, after, part), known = map(entries_of, (old, new, found.text)), entries_of("assets:\n" + found.before)[0]
    assert part[1] == after[1] == before[1]
    assert set(part[0]) <= set(after[0])
    left = [entry[:2] for entry in after[0] if entry not in part[0]]
    gone = [entry[:2] for entry in known]
    starts = [at for at in range(len(before[0])) if [entry[:2] for entry in before[0][at : at + len(gone)]] == gone]
    assert any([e[:2] for e in before[0][:at] + before[0][at + len(gone) :]] == left for at in starts)
    assert (found.whole, found.is_same) == (new.encode(), old == new)
    assert old == new or found.place == place_of(new)


def lines_of(dice: random.Random, count: int) -> list[str]:
    return [dice.choice(ENTRIES).format(dice.choice("abcdefg") + ".png") for _ in range(count)]


def edited(dice: random.Random, lines: list[str], tail: str) -> str:
    """Some entries more, less or in the place of others; now and then a few characters anywhere."""
    at = dice.randrange(len(lines) + 1)
    lines = [*lines[:at], *lines_of(dice, dice.randrange(3)), *lines[at + dice.randrange(3) :]]
    text = HEAD + "".join(lines) + tail
    for _ in range(dice.choice((0, 0, 0, 1, 1, 2))):
        at = dice.randrange(len(text) + 1)
        text = text[:at] + dice.choice((*BITS, "")) + text[at + dice.choice((0, 0, 1, 3)) :]
    return text


@pytest.mark.parametrize(("seed", "stride"), [(0, STRIDE), (1, STRIDE), (2, 8), (3, 8)])
def test_it_says_what_the_whole_text_says(monkeypatch: pytest.MonkeyPatch, seed: int, stride: int) -> None:
    monkeypatch.setattr(narrowing, "STRIDE", stride)  # as if the texts were of many times that
    dice, seen = random.Random(seed), [0, 0]
    for _ in range(300):
        lines, tail = lines_of(dice, dice.randrange(1, 9)), dice.choice(TAILS)
        old, new = HEAD + "".join(lines) + tail, edited(dice, lines, tail)
        place = place_of(old)
        if place is None:
            continue
        try:
            entries_of(old)
        except yaml.YAMLError:
            continue
        found = narrowed(old.encode(), new.encode(), place)
        seen[found is not None] += 1
        if found is not None:
            checked(old, new, found)
    assert min(seen) > 25, seen
