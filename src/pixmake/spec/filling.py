"""Spec room: a text that only names values is filled in without Jinja, to the letter as Jinja would, or not at all.

Most templates are words and names, and loading Jinja takes longer than all else of a small change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from pixmake.spec.nodes import Rendered
from pixmake.values import dataclass

BLANK = r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)\s*\}\}"
OTHERS = ("{{", "{%", "{#", "\r")
"""What Jinja does more with than to copy it."""
WORDS = frozenset(
    {"True", "False", "None", "true", "false", "none", "not", "and", "or", "in", "is", "if", "else"}
    | {"self", "super", "loop", "caller", "varargs", "kwargs"}
)
"""Names that mean something in Jinja itself."""
MOST_LENGTH = 100_000
"""Characters of a text: longer ones are Jinja's, which counts them against its bounds."""
LARGEST = 10**18
NOTHING = object()


@dataclass(frozen=True, slots=True)
class Blanks:
    """A text with names to fill in: a name, as the parts between its dots, stands after each of `words` but the last."""

    words: Sequence[str]
    names: Sequence[Sequence[str]]

    def filled(self, context: Mapping[str, Any]) -> str | None:
        """The text with the values of `context`, white space around it kept; None where Jinja has to tell."""
        made = [self.words[0]]
        for name, after in zip(self.names, self.words[1:], strict=True):
            text = _text(_value(name, context))
            if text is None:
                return None
            made += text, after
        result = "".join(made)
        return result if len(result) <= MOST_LENGTH else None


@lru_cache(maxsize=1000)
def blanks_of(text: str) -> Blanks | None:
    """A template's names and what stands between them; None for one with anything else in braces."""
    pieces = re.split(BLANK, text)
    words, names = pieces[::2], [name.split(".") for name in pieces[1::2]]
    if any(other in piece for piece in words for other in OTHERS) or any(name[0] in WORDS for name in names):
        return None
    if any(piece.endswith("{") for piece in words) or any(piece.startswith("}") for piece in words):
        return None  # three braces in a row: which two of them belong together is for Jinja to say
    return Blanks(words, names)


def _value(name: Sequence[str], context: Mapping[str, Any]) -> object:
    value = context.get(name[0], NOTHING)
    for part in name[1:]:
        value = value.get(part, NOTHING) if type(value) is dict else NOTHING
    return value


def _text(value: object) -> str | None:
    """A value that looks the same wherever it is shown; None for any other."""
    if type(value) is str or type(value) is Rendered:
        return value
    return str(value) if type(value) is int and -LARGEST < value < LARGEST else None
