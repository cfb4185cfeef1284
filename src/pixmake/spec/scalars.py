"""Spec room: what plain text means in YAML 1.2's core schema. Texts that others would guess to be numbers stay texts."""

from __future__ import annotations

import re
from decimal import Decimal

from pixmake.spec.asset import Scalar

MOST_DIGITS = 40
INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,2})?\Z")
WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def resolve(text: str) -> Scalar:
    """The value of plain text in the core schema, but `012`, `.inf` and endless numbers stay text."""
    if text in WORDS:
        return WORDS[text]
    if text[0] not in "0123456789+-." or len(text) > MOST_DIGITS:
        return text
    if INT.match(text):
        return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
    return Decimal(text) if FLOAT.match(text) else text
