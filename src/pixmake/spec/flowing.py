"""Spec room: texts in maps and lists in brackets that YAML takes for something else: where one stands, and its line mended."""

from __future__ import annotations

import re

from pixmake.values import dataclass

QUOTED = re.compile(r""" "(?:[^"\\]|\\.)*" | '(?:[^']|'')*' """, re.VERBOSE)
FILLED = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}")
KEY = re.compile(r"[^\s,:{}\[\]\"'][^,:{}\[\]\n]*:(?=[\s,}\]]|\Z)")
NEXT_KEY = re.compile(r"\s*(?:[\w<-]+|\"[^\"]*\"|'[^']*')\s*:(?:\s|\Z)|\s*[}\]]|\s*\Z")
MARKED = re.compile(r"[*&!][\w./-]*\Z")
BRACES = ("{{", "{%", "{#")


@dataclass(frozen=True, slots=True)
class Flaw:
    """A text that needs quotes: from `start` up to `end` of what was looked through, and why."""

    start: int
    end: int
    why: str


def quote(text: str) -> str:
    """`text` as a YAML scalar in quotes."""
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def mended(text: str, start: int, end: int) -> str:
    """The line of `start` with what stands there up to `end` in quotes."""
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    return (text[first:start] + quote(text[start:end]) + text[end : last if last >= 0 else len(text)]).strip()


def flaw_in(text: str, start: int, upto: int) -> Flaw | None:
    """The first text in the brackets that open at `start` that needs quotes, if one begins before `upto`."""
    levels: list[str] = []
    is_key = False
    place = start
    while place < min(len(text), upto + 1):
        sign = text[place]
        if sign.isspace() or sign == ":":
            place += 1
        elif sign in "{[" and (is_key or not text.startswith(BRACES, place)):
            levels.append(sign)
            is_key = sign == "{"
            place += 1
        elif sign in "}],":
            if sign != ",":
                levels = levels[:-1]
            if not levels:
                return None
            is_key = sign == "," and levels[-1] == "{"
            place += 1
        elif is_key and (key := KEY.match(text, place) or QUOTED.match(text, place)):
            is_key = False
            place = key.end()
        else:
            end = end_of(text, place, levels[-1:] == ["{"])
            why = None if is_key else _why(text[place:end])
            if why is not None:
                return Flaw(place, end, why)
            place = max(end, place + 1)
    return None


def end_of(text: str, start: int, in_map: bool) -> int:
    """Where the text that begins at `start` was meant to end. In a map a comma ends it where a key comes next."""
    quoted = QUOTED.match(text, start)
    place, depth = quoted.end() if quoted else start, 0
    while place < len(text) and text[place] != "\n":
        sign = text[place]
        filled = FILLED.match(text, place)
        if filled:
            place = filled.end()
            continue
        if sign == "," and depth == 0 and (not in_map or NEXT_KEY.match(text, place + 1)):
            break
        if sign in "}]" and depth == 0:
            break
        depth += (sign in "{[") - (sign in "}]")
        place += 1
    return start + len(text[start:place].rstrip())


def _why(value: str) -> str | None:
    """Why a text needs quotes; None where it does not."""
    quoted = QUOTED.match(value)
    if quoted:
        return "text after a closing quote" if value[quoted.end() :].strip() else None
    if value[:2] in BRACES:
        return f"text that begins with '{value[:2]}'"
    if value[:1] in tuple("@`%") or (value[:1] in tuple("*&!") and not MARKED.match(value)):
        return f"text that begins with '{value[0]}'"
    if ": " in value or value.endswith(":"):
        return "text with ': ' in it"
    sign = next((sign for sign in ("{{", "{%", "[", "{") if sign in value), None)
    return f"text with '{sign}' in it" if sign is not None else None
