"""Spec room: what newcomers trip over in YAML, said in plain words instead of the parser's own."""

from __future__ import annotations

import re
from itertools import takewhile

import yaml

from pixmake.diagnostics import Diagnostic
from pixmake.spec.flowing import BRACES, end_of, flaw_in, mended, quote
from pixmake.spec.nodes import Origin, Spot

ENTRY = re.compile(
    r"^(?P<head>\s*(?:- +)*(?:(?:\"[^\"]*\"|'[^']*'|[^\s:'\"{\[#&*!|>%@`][^:]*?):[ \t]+)?)(?P<value>\S.*)$"
)
STRAY = re.compile(r"[-?][ \t]+\S|[|>][-+0-9]*[ \t]+[^\s#]|(?:\[[^][{}\"']*\]|\{[^][{}\"']*\})[ \t]*[^\s#,:]")
"""A sign that means something to YAML, and behind it what shows that it was meant as text."""
KEY_WITH_BRACES = re.compile(
    r"^(?P<indent>\s*(?:- +)*)(?P<key>[^\s'\"#:]?[^'\"#:]*\{\{.*?\}\}[^'\"\s:]*)(?P<rest>:(?:\s.*)?)$"
)


def quoted_line(line: str) -> str:
    """The line as it should be: its value (or its key with braces) in quotes, the rest untouched."""
    key = KEY_WITH_BRACES.match(line)
    if key:
        return f"{key['indent'].strip()}{quote(key['key'])}{key['rest']}".strip()
    entry = ENTRY.match(line)
    if entry is None:
        return line.strip()
    value = entry["value"].rstrip()
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"" and value.count(value[0]) == 2:
        return line.strip()
    return f"{entry['head']}{quote(value)}".strip()


def quoting_remedy(line: str, start: int) -> str:
    """How to quote what stands on the line; in brackets only the one text, which begins at `start` (from 0)."""
    if opening(line) is None:
        return f"write it as:\n{quoted_line(line)}"
    return f"write it as:\n{mended(line, start, end_of(line, start, True))}"


def opening(line: str) -> int | None:
    """Where a map or list in brackets begins that is the whole value of a line; None where there is none."""
    entry = ENTRY.match(line)
    if entry is None or entry["value"][0] not in "{[" or entry["value"].startswith(BRACES):
        return None
    return entry.start("value")


def explain(error: yaml.YAMLError, text: str, origin: Origin) -> Diagnostic:
    """The diagnostic of a parser error: `needs-quotes`, `tab-indent`, `unclosed`, or `bad-yaml`."""
    mark = getattr(error, "problem_mark", None)
    context = getattr(error, "context_mark", None)
    if mark is None:
        return Diagnostic(code="bad-yaml", message="this is not YAML text", span=Spot(origin, 1, 1, 0).span)
    lines = text.split("\n")
    number, column = mark.line, mark.column
    line = lines[number] if number < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return _tab(origin, number, line)
    flawed = _in_brackets(lines, origin, context, mark)
    if flawed is not None:
        return flawed
    wanting = _wanting(line, column)
    if wanting is None and context is not None and context.line < number:
        wanting = _before(lines, number, context.line)
        if wanting is not None:
            number, line = wanting
            wanting = _wanting(line, len(line))
    if wanting is not None:
        return _quotes(origin, number, line, wanting)
    return _plain(error, origin, number, column, context)


def _in_brackets(lines: list[str], origin: Origin, context: yaml.Mark | None, mark: yaml.Mark) -> Diagnostic | None:
    """A text that needs quotes in the map or list in brackets that could not be read to its end."""
    lines = [*lines, ""]  # the end of the text is seen on the line after the last
    line, column = mark.line, opening(lines[mark.line])
    if context is not None and lines[context.line][context.column : context.column + 1] in ("{", "["):
        line, column = context.line, context.column
    if column is None:
        return None
    inside = [lines[line], *takewhile(lambda below: _is_inside(below, lines[line]), lines[line + 1 : mark.line + 1])]
    text = "\n".join(inside)
    is_whole = len(inside) == mark.line + 1 - line
    flaw = flaw_in(text, column, len(text) - len(lines[mark.line]) + mark.column if is_whole else len(text))
    if flaw is None:
        return None
    above = text.count("\n", 0, flaw.start)
    place = Spot(origin, line + above + 1, flaw.start - text.rfind("\n", 0, flaw.start), flaw.end - flaw.start)
    remedy = f"write it as:\n{mended(text, flaw.start, flaw.end)}"
    return Diagnostic(code="needs-quotes", message=f"{flaw.why} needs quotes", span=place.span, help=remedy)


def _is_inside(line: str, first: str) -> bool:
    """Whether a line can belong to the brackets that open on `first`: what stands no further in begins something else."""
    deep = len(line) - len(line.lstrip()) > len(first) - len(first.lstrip())
    return deep or not line.strip() or line.lstrip()[0] in "}]"


def _before(lines: list[str], number: int, first: int) -> tuple[int, str] | None:
    """The line above where the real mistake is: the parser notices some of them one line late."""
    for index in range(min(number, len(lines)) - 1, first - 1, -1):
        if lines[index].strip():
            return (index, lines[index]) if _wanting(lines[index], 0) else None
    return None


def _wanting(line: str, column: int) -> tuple[int, str] | None:
    """Where the text that wants quotes begins (from 0), and why it does; None where that is not the trouble."""
    key = KEY_WITH_BRACES.match(line)
    if key:
        return len(key["indent"]), "a template in a key"
    entry = ENTRY.match(line)
    if entry is None:
        return None
    start, value = entry.start("value"), entry["value"]
    if value[0] in "@`%*&!":
        return start, f"text that begins with '{value[0]}'"
    if value.startswith(("{{", "{%", "{#")):
        return start, f"text that begins with '{value[:2]}'"
    if STRAY.match(value) and start:
        return start, f"text that begins with '{value[0]}'"
    if value[0] in "\"'" and _closes_early(value):
        return start, "text after a closing quote"
    if value[0] not in "\"'[{|>#" and (": " in value or value.endswith(":")) and column > start:
        return start, "text with ': ' in it"
    return None


def _closes_early(value: str) -> bool:
    end = value.find(value[0], 1)
    return (
        end > 0
        and not value[end + 1 :].lstrip().startswith(("#", ":", ",", "]", "}"))
        and bool(value[end + 1 :].strip())
    )


def _quotes(origin: Origin, number: int, line: str, wanting: tuple[int, str]) -> Diagnostic:
    start, why = wanting
    span = Spot(origin, number + 1, start + 1, len(line.rstrip()) - start).span
    meant = line[:start] + re.sub(r"^[|>][-+0-9]*[ \t]+", "", line[start:])  # a block's text is on the next lines
    remedy = f"write it as:\n{quoted_line(meant)}"
    return Diagnostic(code="needs-quotes", message=f"{why} needs quotes", span=span, help=remedy)


def _tab(origin: Origin, number: int, line: str) -> Diagnostic:
    column = line.index("\t") + 1
    return Diagnostic(
        code="tab-indent",
        message="a tab where YAML wants spaces",
        span=Spot(origin, number + 1, column, 1).span,
        help="indent with two spaces a level; tabs are not allowed there",
    )


PLAIN = {
    "found unexpected end of stream": ("unclosed", "a quote that opens here is never closed", "add the closing quote"),
    "found unexpected document indicator": (
        "unclosed",
        "a quote that opens here is never closed",
        "add the closing quote",
    ),
    "did not find expected ',' or ']'": ("unclosed", "a list that opens here is not closed", "add ',' or ']'"),
    "did not find expected ',' or '}'": ("unclosed", "a map that opens here is not closed", "add ',' or '}'"),
    "did not find expected key": (
        "bad-indent",
        "this line does not fit the lines above",
        "line up its first letter with theirs",
    ),
    "did not find expected '-' indicator": (
        "bad-indent",
        "this line does not fit the list above",
        "line it up with the '-' above",
    ),
    "mapping values are not allowed in this context": (
        "bad-indent",
        "a 'key: value' where none can stand",
        "line it up with the lines above, or quote the text that holds ': '",
    ),
    "did not find expected node content": (
        "bad-yaml",
        "a value is missing here, or this sign can't begin one",
        "write the value, or put it in quotes",
    ),
    "could not find expected ':'": (
        "bad-indent",
        "a line without 'key: value'",
        "add ': ' after the key, or indent the line",
    ),
}


def _plain(error: yaml.YAMLError, origin: Origin, number: int, column: int, context: yaml.Mark | None) -> Diagnostic:
    problem = str(getattr(error, "problem", "") or "")
    code, message, remedy = PLAIN.get(
        problem, ("bad-yaml", "YAML can't be read here", "check quotes, brackets and indentation around it")
    )
    if code == "unclosed" and context is not None:
        number, column = context.line, context.column
    return Diagnostic(code=code, message=message, span=Spot(origin, number + 1, column + 1, 1).span, help=remedy)
