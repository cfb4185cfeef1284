"""The quick reader of usual maps: wherever it answers, the YAML reader would have made the very same nodes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixmake.diagnostics import Collector, Source
from pixmake.spec.document import compose
from pixmake.spec.nodes import Branch, Leaf, Node, Origin, Row
from pixmake.spec.usual import read_usual

KEYS = st.one_of(
    st.sampled_from(["prompt", "tags", "size", "vars", "1", "null", "a.b", "x/y", "true", "1e3", "0x1F"]),
    st.text("ab1_./-", min_size=1, max_size=4),
)
WRITTEN = r"""
a heart|"quoted: #1"|'it'|'it''s'|"a\n"|{{ x }} y|a {{ x }}|10|1.50|.5|0o17|yes|true|~|null|a: b|a:b|a #b|a#b|# c
[a, b]|[]|[a b, 1.5]|[a,b]|[a:b]|[ a ]|[-a]|{a: b}|>|>-|&x y|*x|!t y|- a|a -|ä ö|漢字|@ref|(a)|%x|`x|a, b|...|---
"a" b|'a' # c|...x|1_000|-1|+1|=|<<|a |a;b|https://x.y/z|12:30|"{{ a }}: b"|a "b" 'c'|a \ b|"ä: é"|[1, true, null, a/b.png]
"""
SCALARS = st.one_of(
    st.sampled_from([*re.split(r"[|\n]", WRITTEN.strip("\n")), "|", "|-", "\x85", "a\tb", "a\xa0b", "\u2028"]),
    st.text("ab :#-'\"[]{},|>&*!%@`\\\t1.é", max_size=8),
)
INDENTS = st.sampled_from(["  ", "    ", "      ", "   ", "     ", "        "])
LINES = st.one_of(
    st.builds("{}{}: {}".format, INDENTS, KEYS, SCALARS),
    st.builds("{}{}:".format, INDENTS, KEYS),
    st.builds("{}- {}".format, INDENTS, SCALARS),
    st.builds("{}{}".format, INDENTS, SCALARS),
    st.sampled_from(["", "  # note", "    # note", "        # deep", "   ", "\t"]),
)
ENTRIES = st.builds(
    lambda key, lines, end: "\n".join([f"  {key}:", *lines]) + end,
    KEYS,
    st.lists(LINES, max_size=7),
    st.sampled_from("\n "),
)
BLOCKS = st.builds(
    lambda style, lines, tail: f"  a:\n    prompt: {style}\n" + "".join(f"{line}\n" for line in lines) + tail,
    st.sampled_from(["|", ">", "|-", ">+"]),
    st.lists(st.builds("{}{}".format, st.sampled_from(["      ", "       ", "    "]), SCALARS), max_size=4),
    st.sampled_from(["", "    size: 1:1\n", "\n", "  # note\n", "      # text\n", "    tags:\n    - a\n    - b\n"]),
)
TAME = st.sampled_from(["a b", "1", ".5", "true", "~", "1:1", "[a, 1]", "[]", '"a: {b}"', "'it'", "https://x.y/z:1"])
NAMES = st.one_of(KEYS, st.text("abcdefg", min_size=2, max_size=3))
BRACES = st.recursive(
    st.one_of(TAME, TAME, TAME, TAME, SCALARS, st.sampled_from(["a, b: c", "a,", "", "a:", "a: b", "{}", "a (b)"])),
    lambda inner: st.builds(
        lambda pairs, opened, between, closed: (
            f"{{{opened}{between.join(f'{key}: {item}' for key, item in pairs)}{closed}}}"
        ),
        st.lists(st.tuples(NAMES, inner), min_size=1, max_size=3),
        st.sampled_from(["", " ", "  "]),
        st.sampled_from([", ", ",", " ,  ", " , "]),
        st.sampled_from(["", "", "", " ", ", "]),
    ),
    max_leaves=6,
)
ENDS = st.sampled_from(["", "", "", "", " # note", " #", " ## note", " #note", "# note", " "])
HEADS = st.builds(
    "{}{}".format,
    st.lists(
        st.one_of(
            st.builds("{}: {}{}\n".format, NAMES, st.one_of(TAME, TAME, SCALARS, BRACES, BRACES), ENDS),
            st.builds("{}:{}\n".format, NAMES, ENDS),
            st.builds("  {}: {}{}\n".format, NAMES, TAME, ENDS),
            st.sampled_from(
                ["\n", "# note — 漢字\n", "  # note\n", "  #note\n", "#\n", "- a\n", "  - a\n", "# a\tb\n"]
            ),
        ),
        max_size=5,
    ).map("".join),
    st.sampled_from(["assets:\n", "assets: # all\n", "", "assets:  \n", "assets:\npresets:\n  a: {size: 1:1}\n"]),
)


def told(node: Node | None) -> object:
    """A node with all that can be seen of it."""
    if node is None:
        return None
    spot = node.spot
    seen = (type(node).__name__, spot.line, spot.column, spot.length, node.size, node.has_template)
    if isinstance(node, Leaf):
        return (*seen, type(node.value).__name__, str(node.value), node.plain, node.head)
    if isinstance(node, Branch):
        return (*seen, [(name, told(node.keys[name]), told(item)) for name, item in node.entries.items()])
    assert isinstance(node, Row)
    return (*seen, [told(item) for item in node.items])


def same(text: str) -> bool:
    """Compares the two readers; whether the quick one answered."""
    source = Source("assets.yaml", text)
    quick = read_usual(text, Origin(source), {})
    if quick is None:
        return False
    collector = Collector()
    assert told(quick) == told(compose(text, Origin(source), collector)), text
    assert not collector.found, text
    return True


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(ENTRIES, BLOCKS, HEADS, st.builds("  {}: {}\n".format, KEYS, st.one_of(SCALARS, BRACES))))
def test_what_it_reads_is_what_yaml_says(text: str) -> None:
    same(text)


USUAL = [
    "  a.png: a heart\n",
    '  a/b.png:\n    prompt: "a #1 heart: red"\n    size: 64x64\n    tags: [ui, small, 1.5]\n\n  # the next\n',
    "  a:\n    vars:\n      tone: warm\n      deep:\n        er: 3\n    quality: high\n",
    "  a:\n    tags:\n    - ui\n    - 'x'\n    edits:\n      - more\n      - less\n    size: 1:1\n",
    "  a:\n    prompt: |\n      one: two\n      # three\n    alt: it\n    title: >\n      folded\n      text\n",
    "  a: {prompt: b, vars: { tone: warm,deep: {a.b: 1.5} }, tags: [x, y z], alt: 'it', title: \"a: {b}\", size: 1:1}\n",
    "  a:\n    prompt: one # two\n    size: 1:1 ## three\n    tags: [a] #\n    alt: 'it' # four\n    edits: # five\n    - b\n",
    "  a:\n    prompt:\n    size: 1:1\n    alt: # nothing\n",
    "  a:\n    prompt: >\n      one\n  # ä\n    size: 1:1\n\n    #note\n    alt: b\n",
    "# — 漢字\n\nversion: 1\nproviders: {draft: {type: dots, mark: false}}\n\n  #x\npresets:\n  #none\nassets:\nvars: {a: 1}\n",
    "  # note\na: |\n  text\n  # text\n\n",
    "  1:\n    prompt: Käse für {{ row.name }}, (sehr) alt & gut\n",
]


@pytest.mark.parametrize("text", USUAL)
def test_usual_entries_are_read(text: str) -> None:
    assert same(text)


UNUSUAL = [
    "  a: 漢字\n",
    "  a: {}\n",
    "  a: {prompt: {{ b }}}\n",
    "  a: {prompt: b, prompt: c}\n",
    "  a: {prompt: b, }\n",
    "  a: {prompt: b c: d}\n",
    "  a: {prompt: b} c\n",
    "  a: " + "{a: " * 9 + "b" + "}" * 9 + "\n",
    "  a: one #two\n",
    "  a:\n    prompt: one\n      two\n",
    "  a:\n    prompt: one\n    prompt: two\n",
    "  a:\n    prompt: &x one\n",
    "  a:\n    prompt:\n  - b\n",
    "  a:\n    prompt: one\n    # two\n      three\n",
    "# note\n",
    "  a:\n    edits:\n      - prompt: x\n",
    "  a:\n    prompt: |\n\n      x\n",
    "  a: b",
]


@pytest.mark.parametrize("text", UNUSUAL)
def test_the_unusual_is_left_to_yaml(text: str) -> None:
    assert not same(text)


SPEC = """\
# yaml-language-server: $schema=assets.schema.json
version: 1
providers: {draft: {mark: false}}   # free

defaults: {provider: draft, size: 64x64}
assets:
  heart.png: a heart
"""


def test_a_usual_spec_is_loaded_without_yaml_and_jinja(tmp_path: Path) -> None:
    (tmp_path / "assets.yaml").write_text(SPEC)
    code = (
        "import sys; from pathlib import Path; from pixmake.spec.load import load; load(Path('assets.yaml'));"
        "print(sorted({'yaml', 'jinja2', 'csv', 'tomllib'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
