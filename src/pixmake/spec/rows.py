"""Spec room: rows of data from csv, tsv, json, jsonl, yaml, Markdown front matter or the spec itself.

Cells are data: they are never templates. Every row knows the line it stands on.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any

from pixmake.diagnostics import Collector, Diagnostic, Source, Span
from pixmake.spec.failing import Broken
from pixmake.spec.files import Files, is_glob
from pixmake.spec.nodes import MOST_DEPTH, Branch, Leaf, Node, Origin, Row, untemplated
from pixmake.values import dataclass

FORMATS = ".csv, .tsv, .json, .jsonl, .yaml and .md"


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its label (`monsters.csv:7`), and its columns."""

    label: str
    columns: dict[str, Any]


def read_rows(node: Node, folder: Path, files: Files, collector: Collector) -> tuple[Record, ...] | None:
    """The rows that a `rows` field names, every one with all columns of all. None where something is wrong."""
    before = len(collector.errors)
    found: list[Record] = []
    for item in node.items if isinstance(node, Row) else [node]:
        if isinstance(item, Branch):
            label = f"{item.span.source.name}:{item.span.line}"
            found.append(Record(label, untemplated(item.data)))
        elif isinstance(item, Leaf) and isinstance(item.value, str):
            found += _from_path(item, str(item.value), folder, files, collector)
        else:
            collector.error("wrong-type", "a row is a map, or the path of a file with rows", item.span)
    if len(collector.errors) > before:
        return None
    return _squared(found)


def _squared(records: list[Record]) -> tuple[Record, ...]:
    columns = dict.fromkeys(name for record in records for name in record.columns)
    if all(len(record.columns) == len(columns) for record in records):
        return tuple(records)
    empty = dict.fromkeys(columns, "")
    return tuple(Record(record.label, {**empty, **record.columns}) for record in records)


def _from_path(item: Leaf, text: str, folder: Path, files: Files, collector: Collector) -> list[Record]:
    names = files.glob(folder, text) if is_glob(text) else (text,)
    if not names:
        remedy = f"the pattern is relative to {files.where(folder)}"
        collector.error("no-match", f"no file matches '{text}'", item.span, help=remedy)
    found: list[Record] = []
    for name in names:
        try:
            found += _file(item, name, folder, files, collector, is_glob(text))
        except Broken as broken:
            collector.found.append(broken.diagnostic)
    return found


def _file(item: Leaf, name: str, folder: Path, files: Files, collector: Collector, globbed: bool) -> list[Record]:
    suffix = PurePosixPath(name).suffix.lower()
    path = Path(os.path.normpath(folder / name))
    reader = READERS.get(suffix)
    own = {"stem": PurePosixPath(name).stem, "file": name}
    if reader is None and globbed:
        return [Record(files.name(path), own)]
    if reader is None:
        collector.error("bad-rows", f"'{name}' is no kind of rows", item.span, help=f"rows come from {FORMATS} files")
        return []
    source = files.text(path)
    if source is None:
        guess = files.nearest(path)
        remedy = f"did you mean '{guess}'?" if guess else f"the path is relative to {files.where(folder)}"
        collector.error("missing-file", f"no file '{name}'", item.span, help=remedy)
        return []
    records = reader(source, collector)
    if suffix == ".md":
        return [Record(record.label, {**own, **record.columns}) for record in records]
    return records


def place(source: Source, line: int, column: int = 1, length: int | None = None) -> Span:
    """A place in a data file; by default the whole line."""
    return Span(source=source, line=line, column=column, length=len(source.line(line)) if length is None else length)


def _csv(source: Source, collector: Collector) -> list[Record]:
    return _separated(source, collector, _delimiter(source.line(1)))


def _tsv(source: Source, collector: Collector) -> list[Record]:
    return _separated(source, collector, "\t")


def _delimiter(header: str) -> str:
    return ";" if ";" in header and "," not in header else ","


def _separated(source: Source, collector: Collector, delimiter: str) -> list[Record]:
    """Text cells under a header. Raises Broken where quotes do not close."""
    import csv

    reader = csv.reader(io.StringIO(source.text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    records, line = [], 1
    try:
        for cells in reader:
            start, line = line, reader.line_num + 1
            if not cells:
                continue
            if header is None:
                header = _header(source, start, [cell.strip() for cell in cells], collector)
            elif len(cells) != len(header):
                _ragged(source, start, cells, header, collector)
            else:
                records.append(Record(f"{source.name}:{start}", dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        message = f"this row can't be read: {error}"
        remedy = 'a cell with quotes in it is written "like ""this"""'
        raise Broken(Diagnostic(code="bad-row", message=message, span=place(source, line), help=remedy)) from None
    return records


def _header(source: Source, line: int, names: list[str], collector: Collector) -> list[str]:
    seen: set[str] = set()
    for number, name in enumerate(names, 1):
        if not name:
            remedy = "give every column a name"
            collector.error("bad-column", f"column {number} has no name", place(source, line), help=remedy)
        elif name in seen:
            at = source.line(line).rfind(name) + 1
            remedy = "rename one of them"
            collector.error(
                "duplicate-column",
                f"two columns are named '{name}'",
                place(source, line, max(1, at), len(name)),
                help=remedy,
            )
        seen.add(name)
    return names


def _ragged(source: Source, line: int, cells: list[str], header: list[str], collector: Collector) -> None:
    many = "more" if len(cells) > len(header) else "fewer"
    count = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
    message = f"{count} where the header has {len(header)} columns"
    remedy = "a cell with a comma in it needs double quotes around it" if many == "more" else "add the missing commas"
    collector.error("ragged-row", message, place(source, line), help=remedy)


def _constant(text: str) -> Any:
    raise ValueError(f"'{text}' is not a number")


DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_constant)
SPACE = re.compile(r"[ \t\n\r]*")


def _json(source: Source, collector: Collector) -> list[Record]:
    text = source.text
    at = SPACE.match(text).end()  # type: ignore[union-attr]
    if text[at : at + 1] != "[":
        remedy = 'write [{"id": "orc"}, {"id": "imp"}]'
        collector.error("bad-rows", f"'{source.name}' is not a list of rows", place(source, 1), help=remedy)
        return []
    return list(_json_items(source, at + 1))


def _json_items(source: Source, at: int) -> Iterator[Record]:
    text, line, counted, first = source.text, 1, 0, True
    while True:
        at = SPACE.match(text, at).end()  # type: ignore[union-attr]
        if text[at : at + 1] == "]":
            break
        if not first:
            if text[at : at + 1] != ",":
                raise _bad_json(source, at, "',' or ']' is missing")
            at = SPACE.match(text, at + 1).end()  # type: ignore[union-attr]
        line, counted, first = line + text.count("\n", counted, at), at, False
        value, at = _decoded(source, at)
        yield Record(f"{source.name}:{line}", _mapping(value, source, line))
    rest = SPACE.match(text, at + 1).end()  # type: ignore[union-attr]
    if rest < len(text):
        raise _bad_json(source, rest, "something follows the list")


def _decoded(source: Source, at: int) -> tuple[Any, int]:
    try:
        value, end = DECODER.raw_decode(source.text, at)
    except json.JSONDecodeError as error:
        raise _bad_json(source, error.pos, error.msg[:1].lower() + error.msg[1:]) from None
    except (ValueError, RecursionError) as error:
        raise _bad_json(source, at, str(error)) from None
    if _depth(value) > MOST_DEPTH:
        raise _bad_json(source, at, f"more than {MOST_DEPTH} levels of nesting")
    return value, end


def _depth(value: Any) -> int:
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(item, dict | list):
            waiting += [(inner, depth + 1) for inner in (item.values() if isinstance(item, dict) else item)]
    return deepest


def read_json(source: Source) -> Any:
    """A whole JSON file; fractional numbers as Decimals. Raises Broken."""
    at = SPACE.match(source.text).end()  # type: ignore[union-attr]
    value, end = _decoded(source, at)
    rest = SPACE.match(source.text, end).end()  # type: ignore[union-attr]
    if rest < len(source.text):
        raise _bad_json(source, rest, "something follows the value")
    return value


def _bad_json(source: Source, at: int, message: str) -> Broken:
    line = source.text.count("\n", 0, at) + 1
    column = at - source.text.rfind("\n", 0, at)
    span = place(source, line, column, 1)
    return Broken(
        Diagnostic(code="bad-json", message=f"JSON can't be read here: {message}", span=span, help="mend the data file")
    )


def _mapping(value: Any, source: Source, line: int) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    remedy = 'a row is a map, like {"id": "orc"}'
    raise Broken(Diagnostic(code="bad-rows", message="this row is not a map", span=place(source, line), help=remedy))


def _jsonl(source: Source, collector: Collector) -> list[Record]:
    records = []
    for number, line in enumerate(source.lines, 1):
        if not line.strip():
            continue
        single = Source(source.name, "\n" * (number - 1) + line)
        start = number - 1 + len(line) - len(line.lstrip())
        value, end = _decoded(single, start)
        if single.text[end:].strip():
            raise _bad_json(single, end, "something follows the row on its line")
        records.append(Record(f"{source.name}:{number}", _mapping(value, source, number)))
    return records


def _yaml(source: Source, collector: Collector) -> list[Record]:
    from pixmake.spec.document import parse

    node = parse(source.text, source, collector)
    if not isinstance(node, Row):
        if node is not None:
            remedy = "write '- {id: orc}' lines"
            collector.error("bad-rows", f"'{source.name}' is not a list of rows", node.span, help=remedy)
        return []
    return [
        Record(f"{source.name}:{item.spot.line}", _mapping(untemplated(item.data), source, item.spot.line))
        for item in node.items
    ]


def _markdown(source: Source, collector: Collector) -> list[Record]:
    text = source.text
    if not text.startswith("---\n"):
        return [Record(source.name, {"body": text.strip()})]
    end = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE).search(text, 4)
    if end is None:
        remedy = "close it with a line '---'"
        span = place(source, 1)
        raise Broken(Diagnostic(code="unclosed", message="front matter that is not closed", span=span, help=remedy))
    from pixmake.spec.document import compose

    node = compose(text[4 : end.start()], Origin(source, offset=1), collector)
    columns = _mapping(untemplated(node.data), source, 2) if node is not None else {}
    return [Record(source.name, {"body": text[end.end() :].strip(), **columns})]


READERS = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".json": _json,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".md": _markdown,
}
