"""CLI room: a spec written over data that is there: a table, a folder of Markdown, a folder of pictures.

Rows are read by the spec's own reader, so that what is guessed here is what a build will see. Nothing is written here.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from pixmake.cli.init_guess import Guess, guess
from pixmake.diagnostics import Problem, problem
from pixmake.values import dataclass

TABLES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".yaml", ".yml")
PICTURES = (".png", ".jpg", ".jpeg", ".webp")
MOST_PICTURES = 2000
BRACES = re.compile(r"\{[{%#]")

HEAD = """\
# yaml-language-server: $schema=assets.schema.json
#
# Written by `pixmake init --from {source}`: a first guess, yours to change.
#
#   pixmake build --draft        free drafts of everything, offline
#   pixmake plan                 what a purchase would cost, and why; needs no key

version: 1

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A spec over data: its text, how the data was read, what was guessed, what was passed over and why."""

    text: str
    kind: str
    rows: int
    guesses: tuple[Guess, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()


def spec_over(source: Path, folder: Path) -> Written:
    """The spec for `folder` over `source`. Raises Problem where it can't be read, or names nothing."""
    name = os.path.relpath(source, folder).replace(os.sep, "/")
    if source.is_dir():
        return _over_folder(source, folder, name)
    if not source.exists():
        raise problem("init-source", f"there is no '{name}'", help="name a file or a folder that exists")
    if source.suffix.lower() in TABLES:
        _refuse_wild(name)
        return _over_rows(name, [name], folder, "table")
    kinds = ", ".join((*TABLES, "a folder of Markdown", "a folder of pictures"))
    raise problem("init-source", f"'{name}' is no data that init knows", help=f"it reads {kinds}")


def _refuse_wild(name: str) -> None:
    """Raises Problem for a path that a spec would read as a pattern or a template."""
    if re.search(r"[*?\[]", name) or BRACES.search(name):
        raise problem("init-source", f"the path '{name}' would be read as a pattern", help="rename it first")


# --- rows ------------------------------------------------------------------------------------------------------------


def _over_rows(source: str, rows: Sequence[str], folder: Path, kind: str) -> Written:
    records = _read(rows, folder)
    if not records:
        raise problem("init-source", f"'{source}' has no rows", help="add a row first; init looks at the data")
    table = _as_text(records)
    guesses = guess(table)
    if not guesses:
        columns = ", ".join(f"'{column}'" for column in records[0])
        remedy = f"add a column that is different in every row, like 'id'; columns here: {columns}"
        raise problem("init-source", f"nothing in '{source}' names the rows", help=remedy)
    unused = [column for column in records[0] if all(column not in item.columns for item in guesses)]
    text = HEAD.format(source=source) + DEFAULTS + _family(rows, guesses, unused, PurePosixPath(source).stem)
    return Written(text=text, kind=kind, rows=len(records), guesses=tuple(guesses))


def _read(rows: Sequence[str], folder: Path) -> list[Mapping[str, object]]:
    """The rows as a build reads them. Raises Problem with everything that is wrong in them."""
    from pixmake.diagnostics import Collector, Source
    from pixmake.spec.document import parse
    from pixmake.spec.files import Files
    from pixmake.spec.rows import read_rows

    collector = Collector()
    text = json.dumps(list(rows), ensure_ascii=False)
    node = parse(text, Source("--from", text), collector)
    assert node is not None, "a JSON list is YAML"
    found = read_rows(node, folder, Files(folder), collector)
    if found is None:
        raise Problem(collector.errors)
    return [record.columns for record in found]


def _as_text(records: Sequence[Mapping[str, object]]) -> list[dict[str, str]]:
    """Every column that can stand in a text, as the text it becomes; columns with maps in them can't."""
    from pixmake.spec.bounds import plain

    maps = {column for record in records for column, value in record.items() if not _flat(value)}
    return [{name: str(plain(value)) for name, value in record.items() if name not in maps} for record in records]


def _flat(value: object) -> bool:
    if isinstance(value, list):
        return all(not isinstance(item, dict | list) for item in value)
    return not isinstance(value, dict)


DEFAULTS = """\
# What every picture starts from. The template is the text around each prompt.
defaults:
  model: gpt-image-2.5-flare
  template: "{{ prompt }}, picture-book illustration, one subject, no text"

"""


def _family(rows: Sequence[str], guesses: Sequence[Guess], unused: Sequence[str], prefix: str) -> str:
    name, *others = guesses
    lines = [
        "assets:",
        "  # One asset a row.",
        f"  # name: {_columns(name)}: {name.reason}.",
        f"  {_quoted(f'{_folder_name(prefix)}/{name.text}')}:",
        f"    rows: {_quoted(rows[0]) if len(rows) == 1 else '[' + ', '.join(map(_quoted, rows)) + ']'}",
    ]
    for item in others:
        lines.append(f"    # {item.field}: {_columns(item)}: {item.reason}.")
        lines.append(f"    {item.field}: {_quoted(item.text)}")
    if unused:
        lines.append(f"    # Not used yet: {_commented(', '.join(unused))}")
    return "\n".join(lines) + "\n"


def _columns(item: Guess) -> str:
    noun = "column" if len(item.columns) == 1 else "columns"
    return f"{noun} {_commented(' and '.join(repr(column) for column in item.columns))}"


def _commented(text: str) -> str:
    """Text that can stand in a comment of one line."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _folder_name(stem: str) -> str:
    from pixmake.spec.filters import slug

    return slug(stem) or "pictures"


def _quoted(text: str) -> str:
    """A YAML scalar in double quotes: JSON's are YAML's."""
    return json.dumps(text, ensure_ascii=False)


# --- folders ---------------------------------------------------------------------------------------------------------


def _over_folder(source: Path, folder: Path, name: str) -> Written:
    from pixmake.spec.files import Files

    names = Files(source).below(source)
    notes = [item for item in names if item.lower().endswith(".md")]
    pictures = [item for item in names if item.lower().endswith(PICTURES)]
    if not notes and not pictures:
        near = [item for item in names if item.lower().endswith(TABLES)][:1]
        remedy = f"name the file: pixmake init --from {name}/{near[0]}" if near else "it reads Markdown and pictures"
        raise problem("init-source", f"the folder '{name}' holds neither Markdown nor pictures", help=remedy)
    prefix = "" if name == "." else f"{name}/"
    if len(notes) >= len(pictures):
        _refuse_wild(name)
        pattern = "*.md" if all("/" not in item for item in notes) else "**/*.md"
        return _over_rows(name, [prefix + pattern], folder, "markdown")
    return _over_pictures(name, prefix, pictures, source)


PICTURE_DEFAULTS = """\
# What every picture starts from.
defaults:
  model: gpt-image-2.5-flare

# What is done to each of them. An asset's own 'prompt' wins; without any prompt nothing is bought: the picture is only
# cropped, scaled and written again.
presets:
  edit:
    prompt: the same picture as a watercolor painting

assets:
"""


def _over_pictures(name: str, prefix: str, pictures: Sequence[str], source: Path) -> Written:
    from pixmake.imaging.probe import BadPicture, probe_file

    lines: list[str] = []
    skipped: list[tuple[str, str]] = []
    labels: set[str] = set()
    for picture in pictures[:MOST_PICTURES]:
        if BRACES.search(picture) or re.search(r"[*?\[]", picture):
            skipped.append((prefix + picture, "its name would be read as a pattern"))
            continue
        try:
            width, height = probe_file(source / picture).upright_size
        except BadPicture as bad:
            skipped.append((prefix + picture, bad.message))
            continue
        entry = f"edited/{_label(picture, labels)}"
        lines.append(f"  {_quoted(entry)}: {{use: edit, from: {_quoted(prefix + picture)}, size: {width}x{height}}}")
    skipped += [(prefix + picture, f"only {MOST_PICTURES} are taken") for picture in pictures[MOST_PICTURES:]]
    if not lines:
        first, why = skipped[0]
        raise problem("init-source", f"no picture in '{name}' can be used", help=f"'{first}' {why}")
    note = "  # name: the file's. size: the file's own, so that nothing is cropped.\n"
    text = HEAD.format(source=name) + PICTURE_DEFAULTS + note + "\n".join(lines) + "\n"
    return Written(text=text, kind="pictures", rows=len(lines), skipped=tuple(skipped))


def _label(picture: str, labels: set[str]) -> str:
    """A name for a picture file, with its suffix (and so its format); numbered where two would be alike."""
    from pixmake.spec.filters import slug

    path = PurePosixPath(picture)
    folders = [slug(part) or "x" for part in path.parts[:-1]]
    stem = slug(path.stem) or "picture"
    label, number = "/".join([*folders, stem + path.suffix.lower()]), 2
    while label in labels:
        label, number = "/".join([*folders, f"{stem}-{number}{path.suffix.lower()}"]), number + 1
    labels.add(label)
    return label
