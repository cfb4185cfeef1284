"""Declared maps: every field that is declared can be read and shown to editors; what does not fit is told at once."""

from typing import Annotated, Any, Literal

import pytest

from pixmake.spec.declaring import Declared, field
from pixmake.spec.marks import Checked, Length, Misfit, Range, Unfit, refuse
from pixmake.spec.model import AssetFields
from pixmake.spec.nodes import Rendered, Template
from pixmake.spec.project import PROVIDER_TYPES, RootFields
from pixmake.spec.reading import reader_of
from pixmake.spec.schema import json_schema, kind_schema, maps_below


def no_twins(items: list[str]) -> list[str]:
    if len({*items}) < len(items):
        refuse("twins", "one stands twice", "take it out")
    return items


class Nest(Declared):
    """A nest."""

    eggs: Annotated[int, Range(0, 12)] = field(description="How many.")
    tree: str | None = field(None, description="Where.")


class Farm(Declared):
    """A farm."""

    nests: dict[str, Nest] | None = field(None, description="By name.")
    hens: Annotated[list[str], Length(1, 3), Checked(no_twins)] | None = field(None, description="Names.")
    kind: Literal["big", "small"] | None = field(None, description="How big.")
    is_open: bool | None = field(None, alias="open", description="Whether it is.")

    def agree(self) -> None:
        if self.kind == "small" and self.hens is not None and len(self.hens) > 2:
            refuse("crowded", "too many hens", "build on", ("hens",))


class Estate(Farm):
    """A farm with a name, which comes after what a farm has."""

    name: str = field(description="Its name.")


def misfits(declared: type[Declared], data: object) -> list[tuple[str, tuple[str | int, ...]]]:
    with pytest.raises(Unfit) as caught:
        declared.read(data)
    return [(misfit.kind, misfit.way) for misfit in caught.value.misfits]


def test_every_field_of_the_language_has_a_reader_and_a_schema() -> None:
    maps = maps_below(RootFields, *PROVIDER_TYPES.values())
    fields = [item for declared in maps for item in declared.fields.values()]
    assert len(fields) > 150
    for item in fields:
        assert callable(item.reader)
        assert isinstance(kind_schema(item.annotation), dict)
        assert item.description.endswith("."), item.key
    assert {declared.__name__ for declared in maps} - {"RootFields"} == json_schema()["$defs"].keys()


def test_all_faults_are_told_in_the_order_of_the_declaration_and_strangers_last() -> None:
    data = {"strange": 1, "open": "yes", "hens": [1, "b", None], "nests": {"n": {"eggs": 13}, "m": {"tree": 2}}}
    assert misfits(Estate, data) == [
        ("range", ("nests", "n", "eggs")),
        ("missing", ("nests", "m", "eggs")),
        ("text", ("nests", "m", "tree")),
        ("text", ("hens", 0)),
        ("text", ("hens", 2)),
        ("yes-no", ("open",)),
        ("missing", ("name",)),
        ("extra", ("strange",)),
    ]


def test_checks_of_what_belongs_together_wait_until_all_else_is_right() -> None:
    crowded = {"kind": "small", "hens": ["a", "b", "c"]}
    assert misfits(Farm, crowded) == [("crowded", ("hens",))]
    assert misfits(Farm, {**crowded, "open": 1}) == [("yes-no", ("open",))]
    assert misfits(Farm, {"hens": ["a", "a"]}) == [("twins", ("hens",))]
    assert misfits(Farm, {"hens": ["a", 2, 3, 4]}) == [("text", ("hens", place)) for place in (1, 2, 3)]
    assert misfits(Farm, {"hens": ["a"] * 4}) == [("range", ("hens",))]
    assert misfits(Farm, {"hens": []}) == [("range", ("hens",))]


@pytest.mark.parametrize("data", [None, 1, "text", [], True])
def test_a_map_is_wanted(data: object) -> None:
    assert misfits(Farm, data) == [("map", ())]


@pytest.mark.parametrize(("kind", "value"), [(int, True), (bool, 1), (str, 1), (int, "1"), (bool, "true"), (int, 1.0)])
def test_nothing_is_taken_for_something_else(kind: type, value: object) -> None:
    found: list[Misfit] = []
    reader_of(kind)(value, (), found)
    assert len(found) == 1


def test_texts_become_plain_ones() -> None:
    found: list[Misfit] = []
    assert type(reader_of(str)(Rendered("a"), (), found)) is str
    assert type(reader_of(Literal["a", "b"])(Rendered("a"), (), found)) is str
    assert found == []


def test_what_was_read_is_whole_and_stays() -> None:
    farm = Farm.read({"open": True})
    assert (farm.is_open, farm.hens, farm.kind, farm.nests) == (True, None, None, None)
    with pytest.raises(AttributeError, match="frozen"):
        farm.kind = "big"
    other = farm.but(kind="big")
    assert (farm.kind, other.kind, other.is_open) == (None, "big", True)
    assert farm == Farm(is_open=True) != other
    with pytest.raises(TypeError, match="has no field oven"):
        Farm(oven=1)


@pytest.mark.parametrize("annotation", [float, set[str], tuple[int, int], list[float] | None, "Farm"])
def test_an_annotation_of_something_else_is_a_mistake_of_ours(annotation: Any) -> None:
    with pytest.raises(TypeError, match="no kind of value"):
        reader_of(annotation)


def test_a_template_passes_where_one_may_stand_and_nowhere_else() -> None:
    closed = {"matrix", "exclude", "expect"}
    for item in AssetFields.fields.values():
        found: list[Misfit] = []
        item.reader(Template("{{ x }}"), (), found)
        assert bool(found) == (item.key in closed), item.key
