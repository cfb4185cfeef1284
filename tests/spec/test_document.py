"""YAML as the project reads it: the 1.2 core schema, and no surprises."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pixmake.diagnostics import Collector, Source
from pixmake.spec.asset import Data
from pixmake.spec.cutting import Pieces, document
from pixmake.spec.document import compose, parse
from pixmake.spec.nodes import Branch, Origin, Template


def data(text: str) -> Data:
    collector = Collector()
    node = parse(text, Source("a.yaml", text), collector)
    assert collector.found == []
    assert node is not None
    return node.data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("off", "off"),
        ("yes", "yes"),
        ("4:3", "4:3"),
        ("012", "012"),
        ("2026-11-22", "2026-11-22"),
        ("1_000", "1_000"),
        ("0b1", "0b1"),
        (".inf", ".inf"),
        ("1e999", "1e999"),
        ("9" * 41, "9" * 41),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("0x1F", 31),
        ("0o17", 15),
        ("0.50", Decimal("0.50")),
        (".5", Decimal("0.5")),
        ("1e3", Decimal("1E+3")),
        ("!!str 5", "5"),
        ("! 5", "5"),
        ("!!float 5", Decimal(5)),
        ('"5"', "5"),
        ("=", "="),
    ],
)
def test_scalars(text: str, value: Data) -> None:
    found = data(f"a: {text}\n")
    assert found == {"a": value}
    assert isinstance(found, dict)
    assert type(found["a"]) is type(value)


def test_fractions_keep_their_text() -> None:
    assert str(data("0.10")) == "0.10"


def test_keys_are_text_as_written() -> None:
    assert data("404: x\ntrue: y\n1.50: z\n") == {"404": "x", "true": "y", "1.50": "z"}


def test_merge_keys_and_aliases() -> None:
    text = "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: {<<: [{x: 5}, *a], z: *a}\n"
    assert data(text) == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 3},
        "c": {"x": 5, "y": 2, "z": {"x": 1, "y": 2}},
    }


def test_templates_are_known_by_their_braces() -> None:
    found = data("a: '{{ x }}'\nb: '{% x %}'\nc: '{# x #}'\nd: '{\"a\": {}}'\n")
    assert isinstance(found, dict)
    assert [type(value) is Template for value in found.values()] == [True, True, True, False]


def test_comments_with_a_space_are_comments() -> None:
    assert data("a: x # y\nb: 1 #one\nc: [1] #list\n#d: z\n") == {"a": "x", "b": 1, "c": [1]}


def test_places_count_characters() -> None:
    text = "ключ: {émoji: 😀, b: c}\n"
    node = parse(text, Source("a.yaml", text), Collector())
    assert isinstance(node, Branch)
    inner = node.entries["ключ"]
    assert isinstance(inner, Branch)
    assert str(inner.keys["b"].span) == "a.yaml:1:18"
    assert inner.entries["émoji"].span.length == 1


def test_a_map_behind_an_anchor_is_no_entry_of_another_name() -> None:
    """Cut out, the piece would be one map with one key: that of the map inside."""
    text = "assets: \n\n  a3: &n3 \n  {x: }\n"
    cut, whole = Collector(), Collector()
    assert document(Source("a.yaml", text), Pieces(), cut) is None
    assert compose(text, Origin(Source("a.yaml", text)), whole) is None
    assert [item.code for item in cut.found] == [item.code for item in whole.found] == ["bad-indent"]
