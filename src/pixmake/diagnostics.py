"""Root room: where something is wrong, what it is and how to mend it; exit codes; the one exception users meet.

A message is present tense, lower case, and quotes the user's own word. Every code has a paragraph in docs/errors.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from enum import IntEnum
from functools import cached_property
from typing import Literal

from pixmake.values import dataclass


class ExitCode(IntEnum):
    """What a command's exit status says. See `worst` for which wins."""

    DONE = 0
    FAILED = 1
    SPEC = 2
    PENDING = 3
    CONSENT = 4
    PERSON = 5
    LOCKED = 6
    REMOTE = 7
    INTEGRITY = 8
    BUG = 70
    INTERRUPTED = 130


PRECEDENCE = (130, 70, 2, 8, 6, 7, 5, 1, 4, 3)


def worst(codes: Iterable[int]) -> ExitCode:
    """The exit code that wins where several apply (order of commands.md)."""
    present = set(codes)
    return ExitCode(next((code for code in PRECEDENCE if code in present), 0))


class Source:
    """A text file as it was read: its display name and its lines, for excerpts."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    def line(self, number: int) -> str:
        """Line `number`, counted from 1; empty where the file has fewer."""
        return self.lines[number - 1].rstrip("\r") if 1 <= number <= len(self.lines) else ""

    def __repr__(self) -> str:
        return f"Source({self.name!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A place in a text file. `line` and `column` count from 1; `length` is in characters, 0 for a point."""

    source: Source
    line: int
    column: int
    length: int = 0

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A second place or fact that belongs to a diagnostic."""

    message: str
    span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One problem: what (message), where (span, and `row` like `monsters.csv:7`), and the remedy (help)."""

    code: str
    message: str
    span: Span | None = None
    help: str | None = None
    notes: tuple[Note, ...] = ()
    severity: Literal["error", "warning"] = "error"
    asset: str | None = None
    row: str | None = None

    def sort_key(self) -> tuple[str, int, int, str, str]:
        if self.span is None:
            return ("", 0, 0, self.code, self.message)
        return (self.span.source.name, self.span.line, self.span.column, self.code, self.message)

    def to_json(self) -> dict[str, object]:
        place = None
        if self.span is not None:
            place = {"file": self.span.source.name, "line": self.span.line, "column": self.span.column}
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "place": place,
            "row": self.row,
            "asset": self.asset,
            "help": self.help,
            "notes": [_note_json(note) for note in self.notes],
        }


def _note_json(note: Note) -> dict[str, object]:
    return {"message": note.message, "place": str(note.span) if note.span else None}


EXCERPT_WIDTH = 160
"""Columns of a source line that are shown where no terminal says how many there are."""
GUTTER = len("  123 | ")


def render(diagnostic: Diagnostic, columns: int | None = None) -> str:
    """The text a person reads: headline, excerpt with carets, notes, help. No trailing newline.

    `columns` is the terminal's width: a longer source line is cut, so that its carets stay below their place.
    """
    width = EXCERPT_WIDTH if columns is None else max(40, columns - GUTTER)
    head = f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}"
    if diagnostic.row:
        head += f" ({diagnostic.row})"
    lines = []
    if diagnostic.span is not None:
        lines += [f"{diagnostic.span}: {head}", *_excerpt(diagnostic.span, width)]
    else:
        lines.append(head)
    for note in diagnostic.notes:
        lines.append(f"note: {note.span}: {note.message}" if note.span else f"note: {note.message}")
        if note.span:
            lines += _excerpt(note.span, width)
    if diagnostic.help:
        first, *rest = diagnostic.help.split("\n")
        lines += [f"help: {first}", *(f"      {line}".rstrip() for line in rest)]
    return "\n".join(lines)


def _excerpt(span: Span, width: int) -> list[str]:
    text = span.source.line(span.line).replace("\t", " ")
    if not text.strip():
        return []
    start = span.column - 1
    lead = width // 4
    if start > width - lead:  # keep the place in view on very long lines
        cut = start - lead
        text, start = "…" + text[cut + 1 :], lead
    if len(text) > width:
        text = text[: width - 1] + "…"
    carets = "^" * max(1, min(span.length, len(text) - start))
    return [f"{span.line:5} | {text}", f"      | {' ' * start}{carets}"]


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The nearest known word by edit similarity, or None where nothing is near."""
    names = list(dict.fromkeys(known))
    folded = {name.lower(): name for name in names}
    import difflib

    near = difflib.get_close_matches(word.lower(), list(folded), n=1, cutoff=0.6)
    return folded[near[0]] if near else None


class Problem(Exception):
    """Something the user must mend: diagnostics sorted by place, and the exit code it ends with.

    Raised for problems of spec, usage, store and environment. What happens to single pictures during
    a build is never raised: it stands in the build's report.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic], exit_code: ExitCode = ExitCode.SPEC) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(sorted(diagnostics, key=Diagnostic.sort_key))
        self.exit_code = exit_code
        super().__init__(str(self))

    def __str__(self) -> str:
        return "\n\n".join(render(diagnostic) for diagnostic in self.diagnostics)


def problem(
    code: str, message: str, *, span: Span | None = None, help: str | None = None, exit_code: ExitCode = ExitCode.SPEC
) -> Problem:
    """A Problem of one diagnostic."""
    return Problem([Diagnostic(code=code, message=message, span=span, help=help)], exit_code)


@dataclass(slots=True)
class Collector:
    """Gathers diagnostics so that one run reports them all."""

    found: list[Diagnostic] = field(default_factory=list)

    def error(
        self,
        code: str,
        message: str,
        span: Span | None = None,
        *,
        help: str | None = None,
        notes: Sequence[Note] = (),
        asset: str | None = None,
        row: str | None = None,
    ) -> None:
        self.found.append(
            Diagnostic(code=code, message=message, span=span, help=help, notes=tuple(notes), asset=asset, row=row)
        )

    def warn(
        self,
        code: str,
        message: str,
        span: Span | None = None,
        *,
        help: str | None = None,
        asset: str | None = None,
        row: str | None = None,
    ) -> None:
        self.found.append(
            Diagnostic(code=code, message=message, span=span, help=help, severity="warning", asset=asset, row=row)
        )

    @property
    def errors(self) -> list[Diagnostic]:
        return [item for item in self.found if item.severity == "error"]

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return tuple(item for item in self.found if item.severity == "warning")

    def raise_errors(self) -> None:
        """Raises Problem where at least one error was gathered."""
        if self.errors:
            raise Problem(self.errors)
