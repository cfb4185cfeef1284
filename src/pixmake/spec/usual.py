"""Spec room: the usual map, read line by line to the very nodes that the YAML reader makes, in a fraction of its time.

Only what is beyond doubt is read here: plain keys, values on one line, lists of words, block texts without blank lines.
For anything else the answer is None, and the YAML reader is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from pixmake.spec.asset import Scalar
from pixmake.spec.nodes import Branch, Keys, Leaf, Node, Origin, Row
from pixmake.spec.scalars import resolve

BEYOND = r"\xa1-\xff"
"""Letters beyond ASCII. Only those of Latin-1: `re` takes as long to compile larger ranges as YAML for a hundred entries."""
ANY = rf"[ -~{BEYOND}]*"
KEY = r"[0-9A-Za-z_][0-9A-Za-z_./-]{0,200}"
PLAIN = rf"[0-9A-Za-z_./({BEYOND}][ !\"$-9;-~{BEYOND}]*(?::(?=[!-~])[ !\"$-9;-~{BEYOND}]*)*"
"""Text without quotes: no '#', and a ':' only before something, so that neither can end it."""
WORD = r"[0-9A-Za-z_.](?:[0-9A-Za-z_./-]| (?=[0-9A-Za-z_.]))*"
QUOTED = rf"\"(?P<double>[ !#-[\]-~{BEYOND}]*)\"|'(?P<single>[ -&(-~{BEYOND}]*)'"
WORDS = rf"\[(?P<words>(?:{WORD}(?:, {WORD})*)?)\]"
LINE = re.compile(
    rf"(?P<indent> *)(?:(?P<key>{KEY}):|-)"
    rf"(?: +(?:(?P<plain>{PLAIN})|{QUOTED}|{WORDS}|(?P<map>\{{{ANY}\}})|(?P<block>[|>])))?(?<! )(?: +#+(?: {ANY})?)?\Z"
)
TEXT = re.compile(rf"( *)({ANY})(?<! )\Z")
COMMENT = re.compile(rf"( *)#{ANY}\Z")
BARE = r"[0-9A-Za-z_.](?:[0-9A-Za-z_./-]|:(?=[0-9A-Za-z/])| (?=[0-9A-Za-z_.]))*"
"""A word among braces; `1:1` and `https://…` are some."""
PAIR = rf" *(?P<key>{KEY}): +(?:(?P<plain>{BARE})|{QUOTED}|{WORDS}|(?P<map>\{{))"
"""A key with its value in a map on one line."""
MOST_BRACES = 8
"""Maps in maps on one line."""


class Line(NamedTuple):
    """What one line says, wherever it stands. `key` is None for `- value`; columns count from 1, here that of the value."""

    indent: int
    key: str | None
    kind: Literal["open", "plain", "quoted", "words", "map", "|", ">"]
    value: Scalar
    column: int
    length: int
    words: tuple[str, ...]


Known = dict[str, Line]
"""Lines by their text: most lines of a long spec stand in it many times."""


class Numbered(Keys):
    """The keys of a map that stand at one indent: each in the line of its value, or, where that is in `numbers`, there."""

    __slots__ = ("column", "entries", "numbers", "origin")

    def __init__(self, origin: Origin, column: int) -> None:
        self.origin = origin
        self.column = column
        self.numbers: dict[str, int] = {}
        self.entries: dict[str, Node] = {}

    def __missing__(self, name: str) -> Leaf:
        number = self.numbers[name] if name in self.numbers else self.entries[name].spot.line
        leaf = self[name] = Leaf((self.origin, number, self.column, len(name)), resolve(name), True)
        return leaf


class Opened:
    """A map or list that more may be put into, with its indent; `name` is the key whose value is read last.

    `numbers`: where the lines of a map's keys go whose values begin further down; None for a list.
    """

    __slots__ = ("indent", "name", "node", "numbers")

    def __init__(self, indent: int, node: Branch | Row, numbers: dict[str, int] | None) -> None:
        self.indent = indent
        self.node = node
        self.numbers = numbers
        self.name = ""


def read_usual(text: str, origin: Origin, known: Known) -> Branch | None:
    """The map that `text` holds, as `document.compose` would make it. None for anything unusual."""
    lines = text.split("\n")
    if lines.pop() or not lines:
        return None
    if not lines[-1] or lines[-1].lstrip(" ")[:1] == "#":
        _drop_end(lines)
    return _Reader(lines, origin, known).run()


def _drop_end(lines: list[str]) -> None:
    """Leaves out empty lines at the end, and comments no deeper than the map: a deeper one may be text."""
    first = next((line for line in lines if not _says_nothing(line)), "")
    outermost = len(first) - len(first.lstrip(" "))
    while lines and (not lines[-1] or ((note := COMMENT.match(lines[-1])) and len(note[1]) <= outermost)):
        del lines[-1]


class _Reader:
    """One run over the lines of one entry."""

    __slots__ = ("known", "lines", "number", "opened", "origin")

    def __init__(self, lines: list[str], origin: Origin, known: Known) -> None:
        self.lines = lines
        self.origin = origin
        self.known = known
        self.opened: list[Opened] = []
        self.number = 0

    def run(self) -> Branch | None:
        lines, known, end, waits = self.lines, self.known, len(self.lines), True
        while self.number < end:
            text = lines[self.number]
            self.number += 1
            line = known.get(text)
            if line is None:
                line = read_line(text)
                if line is None:
                    if _says_nothing(text):
                        continue
                    return None
                known[text] = line
            if waits and not self.is_empty(line):
                stands = self.begin(line)
            else:
                top = self.opened[-1]
                stands = (top.indent == line.indent and (top.numbers is None) == (line.key is None)) or self.settle(
                    line
                )
            if not stands or not self.take(line):
                return None
            waits = line.kind == "open"
        if waits and not self.is_empty(None):
            return None
        while len(self.opened) > 1:
            self.close()
        root = self.opened[0].node
        return root if isinstance(root, Branch) else None

    def is_empty(self, line: Line | None) -> bool:
        """Whether the key that waits has no value, as the next line (None: the end) shows; then it has got one."""
        if not self.opened or (line is not None and (line.key is None or line.indent > self.opened[-1].indent)):
            return False
        top = self.opened[-1]
        assert top.numbers is not None
        assert isinstance(top.node, Branch)
        where = self.origin, top.numbers[top.name], top.indent + len(top.name) + 2, 0
        top.node.put(top.name, Leaf(where, None, True))
        return True

    def begin(self, line: Line) -> bool:
        """Opens the map or list that a key waits for, whose first line this is; a list may stand right below its key."""
        above = self.opened[-1].indent if self.opened else -1
        indent, column = line.indent, line.indent + 1
        if line.key is not None:
            keys = Numbered(self.origin, column)
            branch = Branch((self.origin, self.number, column, len(line.key)), keys)
            keys.entries = branch.entries
            opened = Opened(indent, branch, keys.numbers)
        else:
            opened = Opened(indent, Row((self.origin, self.number, column, 1)), None)
            above -= 1
        is_inside = bool(self.opened) or line.key is not None
        self.opened.append(opened)
        return indent > above and is_inside

    def settle(self, line: Line) -> bool:
        """Closes what ends before this line; whether the line then stands where it can."""
        opened, indent, kind = self.opened, line.indent, Row if line.key is None else Branch
        top = opened[-1]
        while top.indent > indent or (top.indent == indent and type(top.node) is Row and kind is Branch):
            if len(opened) == 1:
                return False
            self.close()
            top = opened[-1]
        return top.indent == indent and type(top.node) is kind

    def close(self) -> None:
        node = self.opened.pop().node
        above = self.opened[-1]
        assert isinstance(above.node, Branch)
        above.node.put(above.name, node)

    def take(self, line: Line) -> bool:
        """Puts what the line says into the innermost map or list. False where its key stands there already."""
        _, name, kind, scalar, column, length, _ = line
        top, number = self.opened[-1], self.number
        value: Node | None = None
        if kind == "plain" or kind == "quoted":
            value = Leaf((self.origin, number, column, length), scalar, kind == "plain")
        elif kind != "open":
            value = self.value(line)
        node, numbers = top.node, top.numbers
        if numbers is None or name is None:
            if value is not None:
                node.add(value)  # type: ignore[call-arg, arg-type]
            return value is not None
        if name in node.entries:  # type: ignore[union-attr]
            return False
        if value is not None:
            node.put(name, value)  # type: ignore[union-attr]
            return True
        numbers[name], top.name = number, name
        return kind == "open"

    def value(self, line: Line) -> Node | None:
        """A list of words, a map among braces, or a block text."""
        where = self.origin, self.number, line.column, line.length
        if line.kind == "words":
            return self.row(line.words, line.column)
        if line.kind == "map":
            text = str(line.value)
            found = self.map(text, 0, line.column, MOST_BRACES)
            return found[0] if found is not None and found[1] == len(text) else None
        text_of = self.block(line)
        return None if text_of is None else Leaf(where, text_of, False, 1 if line.kind == "|" else 0)

    def row(self, words: Iterable[str], column: int) -> Row:
        row = Row((self.origin, self.number, column, 1))
        for word in words:
            row.add(Leaf((self.origin, self.number, column + 1, len(word)), resolve(word), True))
            column += len(word) + 2
        return row

    def map(self, text: str, start: int, column: int, depth: int) -> tuple[Branch, int] | None:
        """The map whose brace stands at `start`, and where it ends. `column` is that of the text."""
        node, at = None, start + 1
        while depth and (found := re.compile(PAIR).match(text, at)) is not None:
            name, at = found["key"], found.end()
            node = node or Branch((self.origin, self.number, column + start, len(name)))
            value: Node | None = None
            if found.lastgroup == "map":
                inner = self.map(text, at - 1, column, depth - 1)
                value, at = inner or (None, at)
            else:
                value = self.flat(found, column)
            end = re.compile(" *([,}])").match(text, at)
            if value is None or end is None or name in node.entries:
                return None
            node.add(
                Leaf((self.origin, self.number, column + found.start("key"), len(name)), resolve(name), True),
                name,
                value,
            )
            at = end.end()
            if end[1] == "}":
                return node, at
        return None

    def flat(self, found: re.Match[str], column: int) -> Node:
        """The value of a pair that is no map."""
        kind = found.lastgroup or "plain"
        inner, column = found[kind], column + found.start(kind)
        if kind == "plain":
            return Leaf((self.origin, self.number, column, len(inner)), resolve(inner), True)
        if kind == "words":
            return self.row(inner.split(", ") if inner else (), column - 1)
        return Leaf((self.origin, self.number, column - 1, len(inner) + 2), inner, False)

    def block(self, line: Line) -> str | None:
        """The text of the deeper lines that follow, all of one indent."""
        parts: list[str] = []
        depth = 0
        while self.number < len(self.lines):
            found = TEXT.match(self.lines[self.number])
            if found is None or not found[2]:
                return None
            depth = depth or len(found[1])
            if len(found[1]) <= line.indent:
                break
            if len(found[1]) != depth:
                return None
            parts.append(found[2])
            self.number += 1
        return ("\n" if line.kind == "|" else " ").join(parts) + "\n" if parts else None


def read_line(text: str) -> Line | None:
    """One line by itself; None where it may mean something that only its surroundings tell."""
    found = LINE.match(text)
    if found is None:
        return None
    key, kind = found[2], found.lastgroup
    indent = found.end(1)
    if kind is None or kind in ("indent", "key"):
        return Line(indent, key, "open", None, 0, 0, ()) if key is not None else None
    start, inner = found.start(kind), found[kind]
    if kind == "plain":
        return Line(indent, key, "plain", resolve(inner), start + 1, len(inner), ())
    if kind == "block":
        return Line(indent, key, "|" if inner == "|" else ">", None, start + 1, 1, ())
    if kind == "words":
        return Line(indent, key, "words", None, start, 1, tuple(inner.split(", ")) if inner else ())
    if kind == "map":
        return Line(indent, key, "map", inner, start + 1, 1, ())
    return Line(indent, key, "quoted", inner, start, len(inner) + 2, ())


def _says_nothing(text: str) -> bool:
    """Whether a line is empty, or a comment. Not inside a block text: there it says itself."""
    return not text or (text.lstrip(" ").startswith("#") and text.isprintable())
