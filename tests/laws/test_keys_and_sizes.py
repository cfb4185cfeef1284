"""Laws of what money hangs on: keys, identities of what is made locally, requested sizes. The formulas are written twice."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from laws.formulas import decimal_text, key_of, recipe_of
from laws.running import law
from pixmake.digest import Digest, labelled_digest
from pixmake.plan.artifact import Artifact, Fenced, FilePicture, MaskPicture, Original, Processed
from pixmake.plan.keys import LEFT_OUT, action_key, draft_key, preimage
from pixmake.plan.sizes import Size, allowed, cut, final_size, requested_size
from pixmake.providers.base import Request, RequestInput, SizeRule
from pixmake.providers.models import table
from pixmake.spec.asset import Region
from pixmake.store.records import Intent, decode, encode

TEXT = st.text(max_size=12)
MAYBE = st.none() | TEXT
DIGESTS = st.integers(0, 2**256 - 1).map(lambda number: Digest(f"{number:064x}"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT | st.decimals(-(10**9), 10**9, places=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT | st.just("$decimal"), inner, max_size=3),
    max_leaves=4,
)
INPUTS = st.builds(RequestInput, kind=st.sampled_from(["image", "mask", "markup"]), identity=DIGESTS | TEXT)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "operation": st.sampled_from(["generate", "edit"]),
    "provider": TEXT,
    "model": MAYBE,
    "prompt": TEXT,
    "size": TEXT,
    "api": st.sampled_from(["images", "responses"]),
    "responses_model": MAYBE,
    "kind": st.sampled_from(["raster", "svg", "gif"]),
    "quality": MAYBE,
    "background": MAYBE,
    "complexity": MAYBE,
    "input_fidelity": MAYBE,
    "moderation": MAYBE,
    "options": st.dictionaries(TEXT, VALUES, max_size=3),
    "inputs": st.lists(INPUTS, max_size=3).map(tuple),
    "turns": st.lists(TEXT, max_size=2).map(tuple),
    "salt": MAYBE,
}
BASE = Request(operation="generate", provider="openai", model="ink-1", prompt="a heart", size="32x32")
FIELD = st.sampled_from(sorted(FIELDS)).flatmap(lambda name: st.tuples(st.just(name), FIELDS[name]))
REQUESTS = st.lists(FIELD, max_size=4).map(lambda said: replace(BASE, **dict(said)))


def test_every_field_of_a_request_is_among_the_laws() -> None:
    assert {field.name for field in fields(Request)} == set(FIELDS)


@law(1200, request=REQUESTS)
def test_a_key_is_the_contracts_formula(request: Request) -> None:
    assert action_key(request) == key_of(request)


@law(400, request=REQUESTS, engine=TEXT)
def test_a_draft_is_named_by_its_request_and_engine(request: Request, engine: str) -> None:
    said = {"request": preimage(request), "engine": engine, "variant": 1}
    assert draft_key(request, engine, 1) == labelled_digest("pixmake-draft/1", said)


@law(1200, request=REQUESTS, other=FIELD)
def test_a_key_moves_with_every_hashed_field_and_with_no_other(request: Request, other: tuple[str, Any]) -> None:
    changed = replace(request, **{other[0]: other[1]})
    moved = action_key(changed) != action_key(request)
    if other[0] in LEFT_OUT:
        assert not moved
    else:
        assert moved == (shape(getattr(changed, other[0])) != shape(getattr(request, other[0])))


def shape(value: object) -> object:
    """A value apart from what JSON can't tell: tuples from lists, 1.50 from 1.5; but True stays another than 1."""
    if isinstance(value, Decimal):
        return "decimal", decimal_text(value)
    if isinstance(value, dict):
        return "map", {name: shape(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return "list", [shape(item) for item in value]
    if isinstance(value, RequestInput):
        return value.kind, value.identity
    return type(value).__name__, value


@law(400, request=REQUESTS, engine=TEXT)
def test_a_draft_never_has_a_paid_key(request: Request, engine: str) -> None:
    assert draft_key(request, engine, 1) not in (action_key(request), draft_key(request, engine, 2))


@law(300, request=REQUESTS, key=DIGESTS)
def test_a_request_that_was_journaled_has_the_same_key_when_it_is_read_back(request: Request, key: Digest) -> None:
    intent = Intent(
        intent="i", key=key, request=preimage(request), provider="p", model=request.model, count=1,
        reserved=Decimal("0.04"), scope="/s", asset="a", step=0, time="2026-11-22T00:00:00+00:00", pid=1,
    )  # fmt: skip
    read = decode(encode(intent).rstrip(b"\n"))
    assert isinstance(read, Intent)
    assert shape(dict(read.request)) == shape(preimage(request))


# --- local pictures --------------------------------------------------------------------------------------------------

SIDES = st.integers(1, 64)
FRACTIONS = st.tuples(*[st.sampled_from(["0", "0.25", "0.5", "1"])] * 4)
NOWHERE = Path("/nowhere")


def _file(digest: Digest) -> FilePicture:
    return FilePicture(path=NOWHERE, name="x.png", digest=digest, size=(8, 8), media_type="image/png")


ORIGINALS: st.SearchStrategy[Artifact] = st.one_of(
    DIGESTS.map(lambda digest: Original(digest=digest, size=(32, 32), media_type="image/png")), DIGESTS.map(_file)
)
MASKS = st.builds(
    MaskPicture,
    source=st.builds(Region, shape=st.sampled_from(["rect", "ellipse"]), fractions=FRACTIONS) | DIGESTS.map(_file),
    invert=st.booleans(),
    size=st.tuples(SIDES, SIDES),
    cut=st.none() | st.tuples(st.tuples(SIDES, SIDES), st.just("cover"), st.sampled_from(["center", "north"])),
)
ARTIFACTS: st.SearchStrategy[Artifact] = st.recursive(
    ORIGINALS,
    lambda inner: st.one_of(
        st.builds(Fenced, answer=inner, parent=inner, mask=MASKS, feather=st.integers(0, 64)),
        st.builds(
            Processed, picture=inner, final=st.tuples(SIDES, SIDES), fit=st.just("cover"), gravity=st.just("center")
        ),
    ),
    max_leaves=5,
)


def identity_of(item: Artifact | MaskPicture) -> str:
    """The contract's identity of an input: a digest of bytes for what was bought or given, else a recipe over those."""
    if isinstance(item, Original | FilePicture):
        return item.digest
    if isinstance(item, Fenced):
        parts = {"answer": item.answer, "parent": item.parent, "mask": item.mask}
        return recipe_of({"op": "fence", "feather": item.feather, **{k: identity_of(v) for k, v in parts.items()}})
    if isinstance(item, Processed):
        size = f"{item.final[0]}x{item.final[1]}"
        body = {"op": "processed", "size": size, "fit": item.fit, "gravity": item.gravity}
        return recipe_of({**body, "picture": identity_of(item.picture)})
    assert isinstance(item, MaskPicture)
    if isinstance(item.source, FilePicture) and not item.invert and item.cut is None:
        return item.source.digest
    return recipe_of(_mask_body(item))


def _mask_body(item: MaskPicture) -> dict[str, object]:
    source: object
    if isinstance(item.source, Region):
        source = {"shape": item.source.shape, "fractions": list(item.source.fractions)}
    else:
        source = identity_of(item.source)
    body: dict[str, object] = {"op": "mask", "source": source, "invert": item.invert}
    body["size"] = f"{item.size[0]}x{item.size[1]}"
    if item.cut is not None:
        (width, height), fit, gravity = item.cut
        body["cut"] = {"size": f"{width}x{height}", "fit": fit, "gravity": gravity}
    return body


@law(800, artifact=ARTIFACTS)
def test_what_is_made_locally_is_known_by_its_recipe_though_no_byte_of_it_is_anywhere(artifact: Artifact) -> None:
    assert artifact.identity == identity_of(artifact)


# --- sizes -----------------------------------------------------------------------------------------------------------

RULES = {name: model.limits.sizes for name, model in table().items()}
LONG_SIDES = st.integers(1, 10_000)


@law(1500, width=LONG_SIDES, height=LONG_SIDES, model=st.sampled_from(sorted(RULES)))
def test_the_requested_size_is_legal_for_every_model(width: int, height: int, model: str) -> None:
    rule = RULES[model]
    asked = requested_size((width, height), rule)
    assert legal(asked, rule)
    assert asked == (width, height) or not legal((width, height), rule)
    assert requested_size(asked, rule) == asked
    assert 0 < cut(asked, (width, height), "cover").used <= 1


def legal(size: Size, rule: SizeRule) -> bool:
    """The model table's own words, once more."""
    if rule.exact or rule.listed:
        return rule.exact or size in rule.listed
    sides = all(side % rule.multiple == 0 and 0 < side <= rule.longest for side in size)
    shape_fits = max(size) <= rule.ratio * min(size)
    found = sides and shape_fits and rule.least_area <= size[0] * size[1] <= rule.most_area
    assert found == allowed(size, rule)
    return found


@law(300, wide=st.integers(1, 200), high=st.integers(1, 200), model=st.sampled_from(sorted(RULES)))
def test_a_ratio_has_a_legal_size_too(wide: int, high: int, model: str) -> None:
    final = final_size(f"{wide}:{high}")
    assert final is not None
    assert final[0] * high == final[1] * wide
    assert legal(requested_size(final, RULES[model]), RULES[model])
