"""CLI room: which column of someone's data is the name, the prompt, the size, the tags. A guess is made from the
column's title and judged by all its values; every guess carries its reason, which is written beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from pixmake.spec.names import canonical, fault
from pixmake.values import dataclass

Rows = Sequence[Mapping[str, str]]
NAMES = ("id", "slug", "key", "name", "code", "sku", "filename", "stem", "title", "label")
PROMPTS = ("prompt", "image_prompt", "picture", "description", "desc", "look", "appearance", "subject", "summary")
SIZES = ("size", "dimensions", "resolution", "image_size")
TAGS = ("tags", "tag", "keywords", "labels", "categories", "category", "kind", "type", "group")
ALTS = ("alt", "alt_text", "alttext", "image_alt")
SIZE = re.compile(r"[1-9][0-9]{0,4}x[1-9][0-9]{0,4}\Z|[1-9][0-9]{0,2}:[1-9][0-9]{0,2}\Z")
WHOLE = re.compile(r"[1-9][0-9]{0,4}\Z")
LONGEST_SIDE = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One field of an asset filled from data: the template text, the columns in it, and why."""

    field: str
    text: str
    columns: tuple[str, ...]
    reason: str


def guess(rows: Rows) -> list[Guess]:
    """What can be filled from these rows (all with the same columns): the name first; empty without any name."""
    name = guess_name(rows)
    if name is None:
        return []
    taken = set(name.columns)
    found = [name]
    for make in (_size, _prompt, _alt, _tags):
        made = make(rows, taken)
        if made is not None:
            found.append(made)
            taken.update(made.columns)
    return found


def cell(column: str) -> str:
    """How a template says the value of a column: `row.look`, or `row["hit points"]`."""
    if re.fullmatch(r"[A-Za-z_]\w*", column, re.ASCII):
        return f"row.{column}"
    quoted = column.replace("\\", "\\\\").replace("'", "\\'")
    return f"row['{quoted}']"


def _titled(rows: Rows, titles: Sequence[str]) -> list[str]:
    """Columns with one of these titles, in the order of the titles; spelling of case, spaces and dashes is free."""
    plain = {re.sub(r"[\s-]+", "_", column.strip().lower()): column for column in reversed(list(rows[0]))}
    return [plain[title] for title in titles if title in plain]


def _values(rows: Rows, column: str) -> list[str]:
    return [row[column].strip() for row in rows]


# --- the name --------------------------------------------------------------------------------------------------------


def guess_name(rows: Rows) -> Guess | None:
    """A column that names every row, and no two alike; else two columns together; None where nothing does."""
    titled = sorted(_titled(rows, NAMES), key=lambda column: all(value.isdigit() for value in _values(rows, column)))
    others = [column for column in rows[0] if column not in titled and _is_short(rows, column)]
    for column in (*titled, *others):
        if (text := naming(rows, [column])) is not None:
            reason = "names every row, no two alike"
            return Guess(field="name", text=text, columns=(column,), reason=reason)
    candidates = (*titled, *others)[:6]
    for first in candidates:
        for second in candidates:
            if first != second and (text := naming(rows, [first, second])) is not None:
                reason = "no column alone is different in every row, these two together are"
                return Guess(field="name", text=text, columns=(first, second), reason=reason)
    return None


def _is_short(rows: Rows, column: str) -> bool:
    return all(0 < len(value) <= 60 for value in _values(rows, column))


def naming(rows: Rows, columns: Sequence[str]) -> str | None:
    """The template that makes names of these columns, through `slug` where it has to; None where names collide."""
    from pixmake.spec.filters import slug

    ways: tuple[tuple[str, Callable[[str], str]], ...] = (("", str), (" | slug", slug))
    for through, change in ways:
        names = ["-".join(change(row[column]) for column in columns) for row in rows]
        parts = [change(row[column]) for row in rows for column in columns]
        if all(parts) and all(_usable(name) for name in names) and _all_differ(names):
            return "-".join("{{ " + cell(column) + through + " }}" for column in columns)
    return None


def _usable(name: str) -> bool:
    """Whether it is a name as it stands; a suffix would choose the format of the picture, a slash a folder."""
    return fault(name) is None and "/" not in name and "." not in name


def _all_differ(names: Sequence[str]) -> bool:
    return len({canonical(name) for name in names}) == len(names)


# --- the other fields --------------------------------------------------------------------------------------------------


def _prompt(rows: Rows, taken: set[str]) -> Guess | None:
    for column in _titled(rows, PROMPTS):
        if all(_values(rows, column)):
            reason = f"called '{column}', and filled in every row"
            return Guess(field="prompt", text="{{ " + cell(column) + " }}", columns=(column,), reason=reason)
    free = [column for column in rows[0] if column not in taken and all(_values(rows, column))]
    longest = max(free, key=lambda column: sum(map(len, _values(rows, column))), default=None)
    if longest is not None and sum(map(len, _values(rows, longest))) >= 12 * len(rows):
        reason = "the column with the longest texts"
        return Guess(field="prompt", text="{{ " + cell(longest) + " }}", columns=(longest,), reason=reason)
    titles = [column for column in _titled(rows, ("title", "name", "label", "id")) if all(_values(rows, column))]
    column = next(iter(titles), next(iter(taken)))
    reason = "no column describes a picture, so its name has to do"
    return Guess(field="prompt", text="{{ " + cell(column) + " }}", columns=(column,), reason=reason)


def _size(rows: Rows, taken: set[str]) -> Guess | None:
    for column in _titled(rows, SIZES):
        values = [value for value in _values(rows, column) if value]
        if values and all(_is_size(value) for value in values):
            reason = "holds sizes; where it is empty, the default holds"
            return Guess(field="size", text="{{ " + cell(column) + " }}", columns=(column,), reason=reason)
    width, height = (next(iter(_titled(rows, (side,))), None) for side in ("width", "height"))
    if width is None or height is None:
        return None
    values = [*_values(rows, width), *_values(rows, height)]
    if not all(WHOLE.match(value) and int(value) <= LONGEST_SIDE for value in values):
        return None
    text = "{{ " + cell(width) + " }}x{{ " + cell(height) + " }}"
    return Guess(field="size", text=text, columns=(width, height), reason="pixels in every row")


def _is_size(value: str) -> bool:
    return bool(SIZE.match(value)) and all(1 <= int(side) <= LONGEST_SIDE for side in re.split("[x:]", value))


def _tags(rows: Rows, taken: set[str]) -> Guess | None:
    for column in _titled(rows, TAGS):
        values = [value for value in _values(rows, column) if value]
        if column in taken or not values or any(len(value) > 120 for value in values):
            continue
        mark = next((mark for mark in ";|" if any(mark in value for value in values)), None)
        change = f" | replace('{mark}', ',')" if mark else ""
        reason = f"'{mark}' between them becomes a comma" if mark else "commas in it part several"
        return Guess(field="tags", text="{{ " + cell(column) + change + " }}", columns=(column,), reason=reason)
    return None


def _alt(rows: Rows, taken: set[str]) -> Guess | None:
    for column in _titled(rows, ALTS):
        if column not in taken and any(_values(rows, column)):
            reason = "for those who can't see the picture"
            return Guess(field="alt", text="{{ " + cell(column) + " }}", columns=(column,), reason=reason)
    return None
