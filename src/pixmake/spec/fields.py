"""Spec room: the kinds of values that fields hold, each with its rule, its words and its JSON Schema.

A Template passes every kind unseen (it is judged when rendered); a Rendered text is first read as what it stands for.
"""

import re
from decimal import Decimal
from typing import Annotated, Any

from pixmake.spec.marks import LIST, TEXT, Rule, Templated, read_text, refuse
from pixmake.spec.nodes import Rendered, untemplated
from pixmake.spec.scalars import resolve

MOST_PIXELS = 16_384
"""The longest side of any picture."""
TEMPLATE_SCHEMA = {"type": "string", "pattern": r"\{[{%]"}


def split_list(text: str) -> list[str]:
    """The parts of `text` between commas that stand outside quotes; outer white space and quotes dropped."""
    parts = [part.strip() for part in re.findall(r"""(?:[^,"']|"[^"]*"|'[^']*'|["'])+""", text)]
    return [_unquoted(part) for part in parts if part]


def read_list(text: str) -> list[Rendered]:
    """`split_list` of rendered text: each part is read as what it stands for."""
    return [Rendered(part) for part in split_list(text)]


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'" else text


def read_scalar(text: str) -> Any:
    """What rendered text stands for: a number, yes/no in any case, or itself."""
    lowered = text.lower()
    if lowered in ("true", "false"):
        return lowered == "true"
    return resolve(text)


def shown(value: object) -> str:
    """A value as a message quotes it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"'{str(value).lower()}'"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    text = str(value).replace("\n", " ")
    return f"'{text}'" if len(text) <= 60 else f"'{text[:59]}…'"


SIZE = re.compile(r"([0-9]{1,9})x([0-9]{1,9})\Z")
NAME = re.compile(r"(?!\d+[xX]\d*\Z)(?=.*[A-Za-z])[\w-]+\Z")
"""A name for a size, like 2k; what looks like a size itself is none."""
RATIO = re.compile(r"([0-9]{1,9}):([0-9]{1,9})\Z")


def check_exact_size(value: Any) -> str:
    """`WxH` in pixels, each 1 to 16384."""
    found = SIZE.match(value) if isinstance(value, str) else None
    if found is None:
        refuse("bad-size", f"{shown(value)} is not a size", "write width and height in pixels, like 1024x1024")
    _bounded(value, int(found[1]), int(found[2]), MOST_PIXELS, "pixels")
    return str(value)


def check_size(value: Any) -> str:
    """`WxH`, `W:H`, `auto`, or a word that `sizes` may know (looked up later)."""
    text = value if isinstance(value, str) else ""
    if SIZE.match(text):
        return check_exact_size(text)
    ratio = RATIO.match(text)
    if ratio:
        _bounded(text, int(ratio[1]), int(ratio[2]), 1000, "")
    elif not NAME.match(text):
        side = value if isinstance(value, int) and not isinstance(value, bool) else 1024
        remedy = f"write width and height like {side}x{side}, a ratio like 16:9, a name from 'sizes', or auto"
        refuse("bad-size", f"{shown(value)} is not a size", remedy)
    return text


def check_named_size(value: Any) -> str:
    """What an entry of `sizes` may be: `WxH` or `W:H`."""
    if not isinstance(value, str) or not (SIZE.match(value) or RATIO.match(value)):
        remedy = "write width and height like 1920x480, or a ratio like 16:9"
        refuse("bad-size", f"{shown(value)} is not a size", remedy)
    return check_size(value)


def _bounded(text: str, width: int, height: int, most: int, unit: str) -> None:
    if not (1 <= width <= most and 1 <= height <= most):
        remedy = f"each side is 1 to {most} {unit}".rstrip()
        refuse("bad-size", f"'{text}' is out of range", remedy)


def check_salt(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        refuse("wrong-type", f"'salt' is text or a whole number, not {shown(value)}")
    return str(value)


def check_pick(value: Any) -> int | str:
    if value == "ask":
        return "ask"
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        refuse("bad-pick", f"{shown(value)} is not a candidate", "write its number, from 1, or ask")
    return value


def check_number(value: Any) -> Decimal:
    """A number as an exact Decimal."""
    if not isinstance(value, Decimal | int) or isinstance(value, bool):
        refuse("wrong-type", f"a number is wanted here, not {shown(value)}")
    return Decimal(value)


def check_money(value: Any) -> Decimal:
    """An amount in USD: a number from 0."""
    amount = check_number(value)
    if amount < 0:
        refuse("out-of-range", f"{shown(value)} is less than nothing", "write an amount in USD from 0, like 2.50")
    return amount


def check_data_map(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        refuse("wrong-type", f"a map is wanted here, not {shown(value)}")
    return untemplated(value)  # type: ignore[no-any-return]


NUMBER_SCHEMA = (("type", "number"),)
SIZE_SCHEMA = (("type", "string"), ("pattern", r"^(\d+x\d+|\d+:\d+|auto|[\w-]*[A-Za-z][\w-]*|.*\{[{%].*)$"))
EXACT_SCHEMA = (("type", "string"), ("pattern", r"^(\d+x\d+|.*\{[{%].*)$"))
NAMED_SCHEMA = (("type", "string"), ("pattern", r"^(\d+x\d+|\d+:\d+)$"))

Text = Annotated[str, Templated(read_text)]
Whole = Annotated[int, Templated(read_scalar)]
YesNo = Annotated[bool, Templated(read_scalar)]
Number = Annotated[Decimal, Rule(check_number, NUMBER_SCHEMA, read_scalar)]
Money = Annotated[Decimal, Rule(check_money, (("type", "number"), ("minimum", 0)))]
Size = Annotated[str, Rule(check_size, SIZE_SCHEMA)]
ExactSize = Annotated[str, Rule(check_exact_size, EXACT_SCHEMA)]
NamedSize = Annotated[str, Rule(check_named_size, NAMED_SCHEMA)]
Salt = Annotated[str, Rule(check_salt, (("type", ["string", "integer"]),))]
DataMap = Annotated[dict[str, Any], Rule(check_data_map, (("type", "object"),))]
Texts = Annotated[Annotated[list[Text], LIST] | Annotated[str, TEXT], Templated(split_list)]
"""A list of text, or one text that is split at commas outside quotes."""


def texts(value: list[str] | str | None) -> tuple[str, ...]:
    """The items of a `Texts` field."""
    if value is None:
        return ()
    return tuple(split_list(value) if isinstance(value, str) else value)
