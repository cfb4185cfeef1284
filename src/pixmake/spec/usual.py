"""Spec room: the usual entry, read line by line to the very nodes that the YAML reader makes, in a fraction of its time.

Only what is beyond doubt is read here: plain keys, values on one line, lists of words, block texts without blank lines.
For anything else the answer is None, and the YAML reader is asked.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from pixmake.spec.asset import Scalar
from pixmake.spec.document import resolve
from pixmake.spec.nodes import Branch, Leaf, Node, Origin, Row, Spot

BEYOND = r"\xa1-\xff"
"""Letters beyond ASCII. Only those of Latin-1: `re` takes as long to compile larger ranges as YAML for a hundred entries."""
ANY = rf"[ -~{BEYOND}]*"
KEY = r"[0-9A-Za-z_][0-9A-Za-z_./-]{0,200}"
PLAIN = rf"[0-9A-Za-z_./({BEYOND}][ !\"$-9;-~{BEYOND}]*(?::(?=[!-~])[ !\"$-9;-~{BEYOND}]*)*"
"""Text without quotes: no '#', and a ':' only before something, so that neither can end it."""
WORD = r"[0-9A-Za-z_.](?:[0-9A-Za-z_./-]| (?=[0-9A-Za-z_.]))*"
LINE = re.compile(
    rf"(?P<indent> *)(?:(?P<key>{KEY}):|-)"
    rf"(?: +(?:(?P<plain>{PLAIN})|\"(?P<double>[ !#-[\]-~{BEYOND}]*)\"|'(?P<single>[ -&(-~{BEYOND}]*)'"
    rf"|\[(?P<words>(?:{WORD}(?:, {WORD})*)?)\]|(?P<block>[|>])))?(?<! )\Z"
)
TEXT = re.compile(rf"( *)({ANY})(?<! )\Z")
COMMENT = re.compile(rf"( *)#{ANY}\Z")


class Line(NamedTuple):
    """What one line says, wherever it stands. `key` is None for `- value`; columns count from 1."""

    indent: int
    key: str | None
    meaning: Scalar
    """What YAML makes of the key: `1` is a number."""
    kind: Literal["open", "plain", "quoted", "words", "|", ">"]
    value: Scalar
    column: int
    length: int
    words: tuple[str, ...]


Known = dict[str, Line | None]
"""Lines by their text: most lines of a long spec stand in it many times."""


class Opened:
    """A map or list that more may be put into, with its indent; `key` waits for a value that is still read."""

    __slots__ = ("indent", "key", "name", "node")

    def __init__(self, indent: int, node: Branch | Row) -> None:
        self.indent = indent
        self.node = node
        self.key: Leaf | None = None
        self.name = ""


def read_entry(text: str, origin: Origin, known: Known) -> Branch | None:
    """The map with one entry that `text` holds, as `document.compose` would make it. None for anything unusual."""
    lines = text.split("\n")
    if lines.pop() or not lines:
        return None
    outermost = len(lines[0]) - len(lines[0].lstrip(" "))
    while lines and (not lines[-1] or ((note := COMMENT.match(lines[-1])) and len(note[1]) <= outermost)):
        del lines[-1]
    return _Reader(lines, origin, known).run()


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
        lines, known, waits = self.lines, self.known, True
        while self.number < len(lines):
            text = lines[self.number]
            self.number += 1
            line = known[text] if text in known else known.setdefault(text, read_line(text))
            if line is None or not (self.begin(line) if waits else self.settle(line)) or not self.take(line):
                return None
            waits = line.kind == "open"
        if waits:
            return None
        while len(self.opened) > 1:
            self.close()
        root = self.opened[0].node
        return root if isinstance(root, Branch) else None

    def begin(self, line: Line) -> bool:
        """Opens the map or list that a key waits for, whose first line this is; a list may stand right below its key."""
        above = self.opened[-1].indent if self.opened else -1
        if line.key is not None:
            node: Branch | Row = Branch(Spot(self.origin, self.number, line.indent + 1, len(line.key)))
        else:
            node = Row(Spot(self.origin, self.number, line.indent + 1, 1))
            above -= 1
        is_inside = bool(self.opened) or line.key is not None
        self.opened.append(Opened(line.indent, node))
        return line.indent > above and is_inside

    def settle(self, line: Line) -> bool:
        """Closes what ends before this line; whether the line then stands where it can."""
        opened, indent, kind = self.opened, line.indent, Row if line.key is None else Branch
        top = opened[-1]
        if top.indent == indent and type(top.node) is kind:
            return True
        while top.indent > indent or (top.indent == indent and type(top.node) is Row and kind is Branch):
            if len(opened) == 1:
                return False
            self.close()
            top = opened[-1]
        return top.indent == indent and type(top.node) is kind

    def close(self) -> None:
        node = self.opened.pop().node
        above = self.opened[-1]
        assert isinstance(above.node, Branch) and above.key is not None
        above.node.add(above.key, above.name, node)

    def take(self, line: Line) -> bool:
        """Puts what the line says into the innermost map or list. False where its key stands there already."""
        indent, name, meaning, kind, scalar, column, length, _ = line
        top, origin, number = self.opened[-1], self.origin, self.number
        value: Node | None = None
        if kind == "plain" or kind == "quoted":
            value = Leaf(Spot(origin, number, column, length), scalar, kind == "plain")
        elif kind != "open":
            value = self.value(line)
        node = top.node
        if isinstance(node, Row):
            if value is not None:
                node.add(value)
            return value is not None
        if name is None or name in node.entries:
            return False
        key = Leaf(Spot(origin, number, indent + 1, len(name)), meaning, True)
        if value is not None:
            node.add(key, name, value)
        top.key, top.name = key, name
        return value is not None or kind == "open"

    def value(self, line: Line) -> Node | None:
        """A list of words or a block text."""
        spot = Spot(self.origin, self.number, line.column, line.length)
        if line.kind == "words":
            return self.row(line, spot)
        text = self.block(line)
        return None if text is None else Leaf(spot, text, False, 1 if line.kind == "|" else 0)

    def row(self, line: Line, spot: Spot) -> Row:
        row, column = Row(spot), line.column + 1
        for word in line.words:
            row.add(Leaf(Spot(self.origin, self.number, column, len(word)), resolve(word), True))
            column += len(word) + 2
        return row

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
    indent, key, kind = len(found["indent"]), found["key"], found.lastgroup
    meaning = None if key is None else resolve(key)
    if kind is None or kind in ("indent", "key"):
        return Line(indent, key, meaning, "open", None, 0, 0, ()) if key is not None else None
    start, inner = found.start(kind), found[kind]
    if kind == "plain":
        return Line(indent, key, meaning, "plain", resolve(inner), start + 1, len(inner), ())
    if kind == "block":
        return Line(indent, key, meaning, "|" if inner == "|" else ">", None, start + 1, 1, ())
    if kind == "words":
        return Line(indent, key, meaning, "words", None, start, 1, tuple(inner.split(", ")) if inner else ())
    return Line(indent, key, meaning, "quoted", inner, start, len(inner) + 2, ())
