"""Providers room: the dated table of OpenAI's image models as values: what a model can do and what a call costs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from pixmake.providers.base import Estimate, Limits, Request, SizeRule
from pixmake.providers.tokens import input_tokens, output_tokens, text_tokens, tile_tokens
from pixmake.values import dataclass

MILLION = Decimal(1_000_000)
DAY = re.compile(r"\d{4}-\d\d-\d\d")
APIS = ("images", "responses")
PRICED = frozenset({"text_in", "image_in", "image_out"})
"""Prices that a model which draws has; a mainline model's row has others."""
WRITERS = {"text_in", "text_out"}
"""Prices of a model that writes: of the author of a drawing, say."""
SHEETS = ((9, 3, 3), (12, 4, 3), (16, 4, 4))
"""Of an animation: up to so many frames, its sheet has so many across and down (third-party, measured for squares)."""
MOST_INPUT_TOKENS = 1536
"""An input whose size is not known yet counts as the dearest one (fact sheet: the patch limit)."""
PARTIAL_TOKENS = 100
"""Output tokens of a partial image (fact sheet, section 7)."""
LARGEST = (2880, 2880)
"""The size that makes `auto` dearest where nothing better is known."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """One row of the table for one name. Prices in USD per million tokens; `bases` and `spread` by quality."""

    limits: Limits
    prices: Mapping[str, Decimal]
    bases: Mapping[str, int] = field(default_factory=dict)
    fixed: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    spread: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    per_image: Mapping[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    flat: Decimal | None = None
    """USD a picture, whatever is asked: what a spec's own row states (see rows.py)."""
    auto_tokens: int | None = None
    tiles: bool = False
    batch: bool = False
    azure_retired: str | None = None
    """Day (ISO) from which Azure no longer has it; it goes by days of its own."""
    released: str = ""
    source: str = ""


Rows = Mapping[str, Model]
"""Models by name."""
NO_ROWS: Rows = {}


@cache
def table() -> Rows:
    """All models by name, newest first, as `models.toml` lists them."""
    raw = _read()
    return {name: _model(name, row, raw) for row in raw["model"] for name in row["names"]}


@cache
def as_of() -> str:
    """The day (ISO) of the table's facts."""
    return str(_read()["as_of"])


def _read() -> dict[str, Any]:
    import tomllib
    from importlib.resources import files

    return tomllib.loads((files("pixmake.providers") / "models.toml").read_text("utf-8"))


def _model(name: str, row: dict[str, Any], raw: dict[str, Any]) -> Model:
    output = raw["output"].get(row.get("output", ""), {})
    is_fixed = row.get("output") == "fixed"
    return Model(
        limits=_limits(name, row, raw["rules"][row["rule"]], raw["frames"].get(row.get("frames", ""), ())),
        prices={kind: Decimal(text) for kind, text in row["prices"].items()},
        bases={} if is_fixed else output,
        fixed={quality: tuple(counts) for quality, counts in output.items()} if is_fixed else {},
        spread={quality: (low, high) for quality, (low, high) in raw["spread"].get(row.get("spread", ""), {}).items()},
        per_image={
            quality: (Decimal(square), Decimal(oblong))
            for quality, (square, oblong) in row.get("per_image", {}).items()
        },
        auto_tokens=row.get("auto_tokens"),
        tiles=row.get("tiles", False),
        batch=row["batch"],
        azure_retired=row.get("azure_retired"),
        released=row["released"],
        source=row["source"],
    )


def _limits(name: str, row: dict[str, Any], rule: dict[str, Any], frames: Sequence[dict[str, Any]]) -> Limits:
    listed = tuple(parse_size(text) for text in rule.get("listed", ()))
    numbers = {key: value for key, value in rule.items() if key != "listed"}
    return Limits(
        model=name,
        sizes=SizeRule(listed=listed, **numbers),
        qualities=tuple(row["qualities"]),
        backgrounds=tuple(row["backgrounds"]),
        complexities=tuple(row.get("complexities", ())),
        fidelities=tuple(row.get("fidelities", ())),
        kinds=tuple(row["kinds"]),
        markup=row.get("markup", False),
        animations=tuple((item["most"], SizeRule(**item["size"])) for item in frames),
        apis=APIS,
        retired=row.get("retired"),
        replaced_by=row.get("replaced_by"),
        snapshot=_snapshot(name, row["names"]),
    )


def _snapshot(name: str, names: Sequence[str]) -> str | None:
    """The dated name behind an alias: of the row's names the alias with a day at its end; None where there is none."""
    return next(
        (other for other in names if other.startswith(f"{name}-") and DAY.fullmatch(other[len(name) + 1 :])), None
    )


def parse_size(text: str) -> tuple[int, int]:
    """`"1024x640"` as (1024, 640), in pixels. Raises ValueError for other text."""
    width, height = text.split("x")
    return int(width), int(height)


def model_of(name: str, own: Rows = NO_ROWS) -> Model | None:
    """The row of a model: one of the spec's own first, then the table's; None for a name that neither has."""
    return own.get(name) or table().get(name)


def limits_of(model: str, own: Rows = NO_ROWS) -> Limits:
    """What `model` can do; a name that no row has gets limits that allow everything a model may do."""
    known = model_of(model, own)
    if known is not None:
        return known.limits
    newest = next(iter(table().values())).limits
    return Limits(
        model=model,
        sizes=newest.sizes,
        qualities=newest.qualities,
        backgrounds=newest.backgrounds,
        complexities=newest.complexities,
        fidelities=("low", "high"),
        kinds=newest.kinds,
        animations=newest.animations,
        markup=True,
        apis=APIS,
        unknown=True,
    )


def azure_retirement(name: str, own: Rows = NO_ROWS) -> str | None:
    """The day (ISO) from which Azure can't make pictures with a model: its own, or what the spec's own row says."""
    known = model_of(name, own)
    return None if known is None else known.azure_retired


def estimate(
    request: Request, inputs: Sequence[tuple[int, int] | None], count: int, own: Rows = NO_ROWS
) -> Estimate | None:
    """Price of one live call on the Images API for `count` pictures; None where the table has no price.

    cost = count * (out * P_out + sum(in) * P_in + text * P_text); inputs count once per picture (fact sheet,
    section 7). Low takes the guess of the prompt's tokens, high its ceiling; an input of unknown size counts 0 to 1536.
    A drawing has no price before it is there: what its author writes is billed besides. An animation costs between one
    of its frames and the whole sheet they are cut from.
    """
    model = model_of(request.model or "", own)
    if model is not None and model.flat is not None:
        return Estimate(low=model.flat * count, high=model.flat * count)
    if model is None or not model.prices.keys() >= PRICED or request.quality not in (None, *model.limits.qualities):
        return None
    if request.kind == "svg":  # how much its author writes, nobody knows before
        return None
    frames = _frames(request) if request.kind == "gif" else 0
    low, high, rough = _output_price(model, request.quality, request.size, request.kind, frames)
    guess, ceiling = text_tokens(request.prompt, request.operation)
    least, most = _input_counts(model, request, inputs)
    text, image = model.prices["text_in"], model.prices["image_in"]
    return Estimate(
        low=count * (low + (guess * text + least * image) / MILLION),
        high=count * (high + (ceiling * text + most * image) / MILLION),
        rough=rough,
    )


def bill(
    model: str,
    usage: Mapping[str, Any],
    *,
    count: int = 1,
    size: str | None = None,
    quality: str | None = None,
    own: Rows = NO_ROWS,
) -> Decimal | None:
    """What a live call cost in USD by the `usage` of its answer; None where it tells nothing or the table has no price.

    Tokens that the answer does not split count as the dearer kind. `count`, `size` and `quality` are the answer's: a
    model with a price per image is billed by that for its output (fact sheet, section 7). SVG adds tokens of a text
    model, whose price only a row of the spec can tell.
    """
    known = model_of(model, own)
    if known is not None and known.flat is not None:
        return known.flat * count
    written = _written(usage.get("svg_usage"), own)
    if known is None or not known.prices.keys() >= PRICED or written is None:
        return None
    prices = known.prices
    inputs = _split(usage, "input", prices["text_in"], prices["image_in"])
    output = _split(usage, "output", prices.get("text_out", prices["image_out"]), prices["image_out"])
    if inputs is None or output is None or not inputs + output:
        return None
    if quality is not None and quality in known.per_image and (drawn := _size_told(size)) is not None:
        output = count * _one_price(known, quality, drawn)[1] * MILLION
    return (inputs + output + written) / MILLION


def _written(usage: object, own: Rows) -> Decimal | None:
    """What the author of a drawing wrote, in USD times a million; 0 without one, None where its price is not known."""
    if not usage:
        return Decimal(0)
    said = usage if isinstance(usage, Mapping) else {}
    author = model_of(str(said.get("model")), own)
    read, wrote = said.get("input_tokens"), said.get("output_tokens")
    if author is None or not author.prices.keys() >= WRITERS or not isinstance(read, int) or not isinstance(wrote, int):
        return None
    return max(0, read) * author.prices["text_in"] + max(0, wrote) * author.prices["text_out"]


def _size_told(size: str | None) -> tuple[int, int] | None:
    """The size that an answer names; None where it is no size."""
    try:
        return parse_size(size or "")
    except ValueError:
        return None


def partial_price(model: str, own: Rows = NO_ROWS) -> Decimal:
    """USD for one partial image; 0 where the price of a model's tokens is not known."""
    known = model_of(model, own)
    price = known.prices.get("image_out") if known is not None else None
    return Decimal(0) if price is None else PARTIAL_TOKENS * price / MILLION


def _split(usage: Mapping[str, Any], side: str, text_price: Decimal, image_price: Decimal) -> Decimal | None:
    """Tokens of one side times their prices; None for what is no usage."""
    total = usage.get(f"{side}_tokens")
    details = usage.get(f"{side}_tokens_details")
    details = details if isinstance(details, Mapping) else {}
    text, image = details.get("text_tokens") or 0, details.get("image_tokens") or 0
    if not all(isinstance(value, int) and value >= 0 for value in (total, text, image)):
        return None
    rest = max(0, total - text - image)  # type: ignore[operator]
    return text * text_price + image * image_price + rest * max(text_price, image_price)


def _input_counts(model: Model, request: Request, inputs: Sequence[tuple[int, int] | None]) -> tuple[int, int]:
    least = most = 0
    for size in inputs:
        if size is None:
            most += MOST_INPUT_TOKENS
            continue
        fidelity = request.input_fidelity == "high"
        tokens = tile_tokens(*size, high_fidelity=fidelity) if model.tiles else input_tokens(*size)
        least, most = least + tokens, most + tokens
    return least, most


@lru_cache(maxsize=1024)  # a plan asks the same of most of its requests
def _output_price(
    model: Model, quality: str | None, size: str, kind: str, frames: int
) -> tuple[Decimal, Decimal, bool]:
    """Low and high USD of one picture's output, and whether that is rough."""
    qualities, sizes = _qualities(model, quality), _sizes(model, size)
    prices = [_one_price(model, word, pixels) for word in qualities for pixels in sizes]
    low, high = min(pair[0] for pair in prices), max(pair[1] for pair in prices)
    if kind == "gif":
        sheets = _sheets(sizes, frames)
        high = max(high, *(_one_price(model, word, pixels)[1] for word in qualities for pixels in sheets))
    if model.auto_tokens is not None and "auto" in (quality or "auto", size):
        high = max(high, model.auto_tokens * model.prices["image_out"] / MILLION)
    rough = len(prices) > 1 or kind == "gif" or (bool(model.spread) and low * Decimal("1.2") < high)
    return low, high, rough


def _qualities(model: Model, quality: str | None) -> list[str]:
    """The qualities a request may turn out to have: all of them for `auto`."""
    if quality in (None, "auto"):
        return [word for word in model.limits.qualities if word != "auto"]
    return [str(quality)]


def _sizes(model: Model, size: str) -> list[tuple[int, int]]:
    if size != "auto":
        return [parse_size(size)]
    return list(model.limits.sizes.listed) or [(1024, 1024), (3072, 1024), LARGEST]


def _frames(request: Request) -> int:
    """How many frames an animation is to have."""
    wanted = request.options.get("frame_count")
    return int(wanted) if isinstance(wanted, int | Decimal) else SHEETS[0][0]


def _sheets(sizes: Sequence[tuple[int, int]], frames: int) -> list[tuple[int, int]]:
    """The sheets from which an animation's frames may be cut, in pixels."""
    _, across, down = next((sheet for sheet in SHEETS if frames <= sheet[0]), SHEETS[-1])
    return [(width * across, height * down) for width, height in sizes]


def _one_price(model: Model, quality: str, size: tuple[int, int]) -> tuple[Decimal, Decimal]:
    width, height = size
    out = model.prices["image_out"]
    if model.per_image:
        price = model.per_image[quality][0 if width == height else 1]
        return price, price
    if model.fixed:
        square, portrait, landscape = model.fixed[quality]
        tokens = square if width == height else portrait if width < height else landscape
        return tokens * out / MILLION, tokens * out / MILLION
    tokens = output_tokens(width, height, model.bases[quality])
    below, above = model.spread.get(quality, (1.0, 1.0))
    return tokens * Decimal(str(below)) * out / MILLION, tokens * Decimal(str(above)) * out / MILLION
