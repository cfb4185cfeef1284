"""Spec room: YAML text to nodes with places. YAML 1.2's core schema, no duplicate keys, bounded in depth and size.

Events of the C parser are composed here without recursion: libyaml's own composer overflows the stack on deep nesting.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]

from pixmake.diagnostics import Collector, Diagnostic, Note, Source
from pixmake.spec.asset import Scalar
from pixmake.spec.failing import Broken
from pixmake.spec.flowing import end_of, mended
from pixmake.spec.nodes import MOST_DEPTH, Branch, Leaf, Node, Origin, Row, Spot
from pixmake.spec.quoting import explain, opening, quoted_line, quoting_remedy
from pixmake.spec.scalars import resolve

MOST_NODES = 3_000_000
"""Values in one file with all aliases multiplied."""

CUT = re.compile(r"[ \t]+#+[^\s#]")
STRANGE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
CORE_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")} | {"!"}


def compose(text: str, origin: Origin, collector: Collector) -> Node | None:
    """The tree of one YAML document, or None where it is empty or broken; problems go to `collector`."""
    composer = None
    try:
        _refuse_strange(text, origin)
        composer = _Composer(text, origin, collector)
        return composer.run()
    except Broken as broken:
        collector.found.append(broken.diagnostic)
    except yaml.YAMLError as error:
        if composer is None or not composer.is_cut_short:
            collector.found.append(explain(error, text, origin))
    return None


def _refuse_strange(text: str, origin: Origin) -> None:
    found = STRANGE.search(text)
    if found is None:
        return
    line = text.count("\n", 0, found.start()) + 1
    column = found.start() - text.rfind("\n", 0, found.start())
    raise Broken(
        Diagnostic(
            code="bad-character",
            message=f"a character that YAML text can't hold: U+{ord(found.group()):04X}",
            span=Spot(origin, line, column, 1).span,
            help=f'remove it, or write "\\u{ord(found.group()):04x}" in double quotes',
        )
    )


class _Composer:
    """One run over the events of one document."""

    def __init__(self, text: str, origin: Origin, collector: Collector) -> None:
        self.text = text
        self.origin = origin
        self.collector = collector
        self.loader = CParser(text)
        self.anchors: dict[str, Node] = {}
        self.open_anchors: list[str | None] = []
        self.stack: list[Node] = []
        self.in_brackets: list[bool] = []
        self.is_cut_short = False
        """Whether a comment took the end of a map or list in brackets, so that what follows can't be read."""
        self.keys: list[Node | None] = []
        self.merges: list[list[tuple[Node, Node]]] = []
        self.root: Node | None = None
        self.lines = text.split("\n")
        self.cut_lines = {text.count("\n", 0, hit.start()) for hit in CUT.finditer(text)} if " #" in text else set()

    def run(self) -> Node | None:
        get: Callable[[], Any] = self.loader.get_event
        documents = 0
        while (event := get()) is not None:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self.scalar(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self.begin(event)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self.end()
            elif kind is yaml.AliasEvent:
                self.alias(event)
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise self.broken(event, "several-documents", "a second YAML document", "remove the line '---'")
        return self.root

    def broken(self, event: Any, code: str, message: str, help: str) -> Broken:
        span = self.leaf(event, None).span
        return Broken(Diagnostic(code=code, message=message, span=span, help=help))

    def leaf(self, event: Any, value: Scalar, plain: bool = False, head: int = 0) -> Leaf:
        start, end = event.start_mark, event.end_mark
        length = end.column - start.column if end.line == start.line else 1
        return Leaf(Spot(self.origin, start.line + 1, start.column + 1, length), value, plain, head)

    def scalar(self, event: Any) -> None:
        plain = not event.style
        if event.tag is not None:
            value = self.tagged(event)
        elif plain:
            value = resolve(event.value)
            if self.cut_lines and event.end_mark.line in self.cut_lines and (value is None or type(value) is str):
                value = self.check_cut(event) or value
        else:
            value = event.value
        leaf = self.leaf(event, value, plain, 1 if event.style == "|" else 0)
        if event.anchor:
            self.anchors[event.anchor] = leaf
        self.put(leaf)

    def tagged(self, event: Any) -> Scalar:
        self.check_tag(event)
        if event.tag in ("!", "tag:yaml.org,2002:str"):
            return str(event.value)
        value = resolve(event.value)
        expected = {"int": int, "float": Decimal, "bool": bool, "null": type(None)}[event.tag.rsplit(":", 1)[1]]
        if type(value) is int and expected is Decimal:
            return Decimal(value)
        if type(value) is not expected:
            raise self.broken(event, "unknown-tag", f"'{event.value}' does not fit its tag", "remove the tag")
        return value

    def check_tag(self, event: Any) -> None:
        tag = event.tag
        if tag is None or tag in CORE_TAGS:
            return
        shown = tag.replace("tag:yaml.org,2002:", "!!")
        raise self.broken(
            event, "unknown-tag", f"unknown YAML tag '{shown}'", "quote the text if it should begin with '!'"
        )

    def check_cut(self, event: Any) -> str | None:
        """Tells a comment that was not meant as one; for a value that is nothing else, what it was meant to be."""
        number = event.end_mark.line
        line = self.lines[number]
        rest = line[event.end_mark.column :]
        if not CUT.match(rest):
            return None
        column = event.end_mark.column + len(rest) - len(rest.lstrip()) + 1
        self.is_cut_short = self.in_brackets[-1:] == [True]
        self.collector.error(
            "comment-cuts-text",
            f"YAML drops '{_short(rest.strip())}' here: ' #' begins a comment",
            Spot(self.origin, number + 1, column, len(rest.strip())).span,
            help="quote the text, or put a space after '#' if a comment is meant:\n" + self.whole(event),
        )
        return rest.strip() if not event.value else None

    def whole(self, event: Any) -> str:
        """The line of a text with that text in quotes, up to where it was meant to end."""
        line = self.lines[event.end_mark.line]
        if self.in_brackets[-1:] != [True]:
            return quoted_line(line)
        start = event.start_mark.column if event.start_mark.line == event.end_mark.line else 0
        return mended(line, start, end_of(line, start, isinstance(self.stack[-1], Branch)))

    def begin(self, event: Any) -> None:
        if len(self.stack) >= MOST_DEPTH:
            raise self.broken(event, "too-deep", f"more than {MOST_DEPTH} levels of nesting", "write this part flatter")
        start = event.start_mark
        if type(event) is yaml.MappingStartEvent:
            node: Node = Branch(Spot(self.origin, start.line + 1, start.column + 1, 1))
            wrong = event.tag not in (None, "!", "tag:yaml.org,2002:map")
        else:
            node = Row(Spot(self.origin, start.line + 1, start.column + 1, 1))
            wrong = event.tag not in (None, "!", "tag:yaml.org,2002:seq")
        if wrong:
            raise self.broken(event, "unknown-tag", f"unknown YAML tag '{event.tag}'", "remove the tag")
        self.stack.append(node)
        self.in_brackets.append(event.flow_style)
        self.keys.append(None)
        self.merges.append([])
        self.open_anchors.append(event.anchor)
        if event.anchor:
            self.anchors.pop(event.anchor, None)

    def end(self) -> None:
        node, merges = self.stack.pop(), self.merges.pop()
        self.in_brackets.pop()
        self.keys.pop()
        if merges:
            self.merge(node, merges)
        if isinstance(node, Branch) and node.keys:
            node.spot.length = max(1, next(iter(node.keys.values())).spot.length)
        anchor = self.open_anchors.pop()
        if anchor:
            self.anchors[anchor] = node
        self.put(node)

    def alias(self, event: Any) -> None:
        node = self.anchors.get(event.anchor)
        if node is None:
            inside = event.anchor in self.open_anchors
            message = f"'*{event.anchor}' stands inside its own anchor" if inside else f"no anchor '&{event.anchor}'"
            remedy = "'*' begins an alias; quote the text if it is meant:\n"
            raise self.broken(event, "unknown-alias", message, remedy + self.whole(event))
        self.put(node)

    def put(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        if isinstance(parent, Row):
            parent.add(node)
        elif (key := self.keys[-1]) is None:
            self.keys[-1] = node
        else:
            self.keys[-1] = None
            assert isinstance(parent, Branch)
            self.pair(parent, key, node)
        if parent.size > MOST_NODES:
            raise Broken(
                Diagnostic(
                    code="alias-bomb",
                    message=f"aliases multiply this file to more than {MOST_NODES} values",
                    span=node.span,
                    help="write the part out, or use rows or a preset",
                )
            )

    def pair(self, parent: Branch, key: Node, value: Node) -> None:
        if not isinstance(key, Leaf):
            raise Broken(self.braces(key))
        if key.plain and key.value == "<<":
            self.merges[-1].append((key, value))
            return
        name = self.key_text(key)
        if name in parent.entries:
            self.collector.error(
                "duplicate-key",
                f"'{name}' stands twice in one map",
                key.span,
                help="remove or rename one of them",
                notes=[Note(message="the first one is here", span=parent.keys[name].span)],
            )
            return
        parent.add(key, name, value)

    def braces(self, key: Node) -> Diagnostic:
        """A map or list where a key belongs: mostly a template without quotes."""
        number, column = key.spot.line, key.spot.column
        line = self.lines[number - 1] if number <= len(self.lines) else ""
        start = column - 1 if line[column - 2 : column] == "{{" else column
        end = len(line.rstrip()) if opening(line) is None else end_of(line, start - 1, True)
        length = end - start + 1
        return Diagnostic(
            code="needs-quotes",
            message=f"text that begins with '{line[start - 1 : start + 1]}' needs quotes",
            span=Spot(self.origin, number, start, max(1, length)).span,
            help=quoting_remedy(line, start - 1),
        )

    def key_text(self, key: Leaf) -> str:
        if isinstance(key.value, str):
            return str(key.value)
        start = key.spot.column - 1
        return self.lines[key.spot.line - 1][start : start + key.spot.length]

    def merge(self, node: Node, merges: list[tuple[Node, Node]]) -> None:
        assert isinstance(node, Branch)
        for key, value in merges:
            sources = value.items if isinstance(value, Row) else [value]
            for source in sources:
                if not isinstance(source, Branch):
                    raise Broken(
                        Diagnostic(
                            code="bad-merge",
                            message="'<<' merges maps only",
                            span=key.span,
                            help="write '<<: *anchor', or quote '<<'",
                        )
                    )
                for name, item in source.entries.items():
                    if name not in node.entries:
                        node.add(source.keys[name], name, item)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def parse(text: str, source: Source, collector: Collector) -> Node | None:
    """`compose` for a whole file."""
    return compose(text, Origin(source), collector)
