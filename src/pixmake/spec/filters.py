"""Spec room: the filters that templates have besides Jinja's own. Each is pure and bounded."""

from __future__ import annotations

import json
import re
import unicodedata
from decimal import Decimal
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

from jinja2.exceptions import SecurityError, TemplateRuntimeError

MOST_WEIGHT = 1_000_000
"""Characters and list entries of one value."""
MOST_PATTERN_TEXT = 100_000
REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)
ASSERTIONS = (_constants.ASSERT, _constants.ASSERT_NOT)


LATIN = str.maketrans({"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"})
ACCENTS = re.compile(r"(?<=[A-Za-z])[\u0300-\u036f]+")


class TooMuch(SecurityError):
    """A bound was reached."""


def to_json(value: Any, indent: int | None = None) -> str:
    """JSON text with sorted keys; unlike Jinja's own, nothing is escaped for HTML."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=indent, default=_json_number)


def _json_number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 10**15 else float(value)
    raise TemplateRuntimeError(f"a {type(value).__name__} is not JSON")


def slug(value: Any) -> str:
    """Lower-case words of letters and digits of any script, joined by `-`; Latin letters lose their accents."""
    text = unicodedata.normalize("NFKC", str(value)).translate(LATIN)
    text = unicodedata.normalize("NFC", ACCENTS.sub("", unicodedata.normalize("NFD", text))).lower()
    kept = (char if char.isalnum() or unicodedata.category(char)[0] == "M" else "-" for char in text)
    return re.sub(r"-+", "-", "".join(kept)).strip("-")


def regex_replace(value: Any, pattern: str, replacement: str = "", count: int = 0) -> str:
    r"""`re.sub` with `\1` in the replacement; patterns that could take very long on this text are refused."""
    text = str(value)
    if len(text) > MOST_PATTERN_TEXT:
        raise TooMuch(f"regex_replace on more than {MOST_PATTERN_TEXT} characters")
    try:
        _refuse_slow(pattern, len(text))
        if (len(text) + 1) * len(replacement) > MOST_WEIGHT * 10:
            raise TooMuch("the replacement is too long")
        return re.sub(pattern, replacement, text, count=count)
    except (re.error, IndexError, OverflowError) as error:
        raise TemplateRuntimeError(f"regex_replace: {error}") from None


def _refuse_slow(pattern: str, length: int) -> None:
    """Raises TooMuch where backtracking could try more than 100 million ways: open repeats to the power of the text's
    length, times the choices of bounded ones and of branches.
    """
    opened, choices = _ways(_parser.parse(pattern), inside=False)
    if (opened > 1 and choices * (length + 1) ** opened > 10**8) or choices > 10**6:
        raise TooMuch("the pattern is too slow for so long a text")


def _ways(items: Any, *, inside: bool) -> tuple[int, int]:
    opened, choices = 0, 1
    for kind, value in items:
        parts: list[Any] = []
        if kind in REPEATS:
            least, most, body = value
            if inside and least != most:
                raise TooMuch("a repeat inside a repeat can take for ever; write the pattern flatter")
            is_open = most - least > 16
            opened += is_open
            choices *= 1 if is_open else most - least + 1
            parts = [(body, inside or most > 1)]
        elif kind is _constants.BRANCH:
            if inside:
                raise TooMuch("'|' inside a repeat can take for ever; write the pattern flatter")
            choices *= len(value[1])
            parts = [(branch, inside) for branch in value[1]]
        elif kind is _constants.SUBPATTERN:
            parts = [(value[3], inside)]
        elif kind in ASSERTIONS:
            parts = [(value[1], inside)]
        elif kind is _constants.ATOMIC_GROUP:
            parts = [(value, inside)]
        elif kind is _constants.GROUPREF_EXISTS:
            parts = [(part, inside) for part in value[1:] if part is not None]
        for part, within in parts:
            more, ways = _ways(part, inside=within)
            opened, choices = opened + more, choices * ways
    return opened, choices
