"""The sandbox: what templates may do, and that no template hangs or fills memory."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pixmake.diagnostics import Source
from pixmake.spec.failing import Failed
from pixmake.spec.files import Files
from pixmake.spec.nodes import Leaf, Origin, Spot
from pixmake.spec.rendering import Renderer

CONTEXT: dict[str, Any] = {
    "row": {"items": "a column", "n": Decimal("1.50"), "none": None, "list": ["a", "b"]},
    "text": "abc",
    "many": list(range(1000)),
}


def render(folder: Path, text: str) -> str:
    leaf = Leaf(Spot(Origin(Source("a.yaml", text)), 1, 1, len(text)), text)
    return Renderer(folder, Files(folder)).text(leaf, CONTEXT, "prompt")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ row.items }}", "a column"),
        ("{{ row.n }} {{ row.n * 2 }} {{ row.n * 1.5 }} {{ 0.1 + 0.2 }}", "1.50 3.00 2.250 0.30000000000000004"),
        ("{{ row.none }}|{{ none }}", "|"),
        ("{{ row.list }}", "a, b"),
        ("{{ 'a' ~ 1 ~ row.none ~ 'b' }}", "a1b"),
        (
            "{% for x in row.list %}{{ loop.index }}/{{ loop.length }}{{ x }}{{ ' ' if not loop.last }}{% endfor %}",
            "1/2a 2/2b",
        ),
        (
            "{% set total = namespace(n=0) %}{% for i in range(5) %}{% set total.n = total.n + i %}{% endfor %}{{ total.n }}",
            "10",
        ),
        ("{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m('a') }}", "<a>"),
        ("  \n{% if true %}\nx\n{% endif %}\n\n", "x"),
        ("{{ 'Ünï & <Cödé>_x'|slug }} {{ '漢字 テスド'|slug }}", "uni-code-x 漢字-テスド"),
        (r"{{ 'a1b22'|regex_replace('([0-9]+)', '<\\1>') }}", "a<1>b<22>"),
        ("{{ {'b': 1, 'a': row.n}|tojson }} {{ \"<'é'>\"|tojson }}", '{"a": 1.5, "b": 1} "<\'é\'>"'),
        ("{{ missing is defined }} {{ missing|default('d') }}", "False d"),
        ("{{ row.list|map('upper')|join('+') }}", "A+B"),
        ("{% raw %}{{ x }}{% endraw %} {{ '{{' }}", "{{ x }} {{"),
        ("{{ (1, 2)[1] }} {{ [text, text][0] }} {{ {'a': text}.a }}", "2 abc abc"),
        ("{% for k, v in {'a': 1}.items() %}{{ k }}{{ v }}{% endfor %}", "a1"),
    ],
)
def test_what_templates_do(tmp_path: Path, text: str, expected: str) -> None:
    assert render(tmp_path, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'a' * 10**9 }}",
        "{{ [0] * 10**9 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ 2 ** 100000 }}",
        "{{ 'x'.ljust(10**9) }}",
        "{{ 'x'.center(10**9) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%*d' % (10**9, 1) }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ '{:{w}}'.format(1, w=10**9) }}",
        "{{ '{:{}}'.format(1, '1000000000') }}",
        "{{ 'x'|center(10**9) }}",
        "{{ 'x'|indent(10**9) }}",
        "{{ '%1000000000d'|format(1) }}",
        "{{ text|replace('', 'x' * 100000)|replace('x', 'y' * 100000) }}",
        "{{ text.replace('', 'x' * 100000).replace('x', 'y' * 100000) }}",
        "{{ many|join('x' * 10000) }}",
        "{{ ('x' * 10000).join(['a'] * 10000) }}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% set n = namespace(x='ab') %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
        "{% set n = namespace(x='ab') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
        "{% set n = namespace(x=['ab']) %}{% for i in range(99) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
        "{% set n = namespace(x={}) %}{% for i in range(99) %}{% set n.x = {'a': n.x, 'b': n.x} %}{% endfor %}",
        "{% set n = namespace(x={}) %}{% for i in range(99) %}{% set n.x = dict(a=n.x, b=n.x) %}{% endfor %}",
        "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(40) }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% for x in [1, 2] recursive %}{{ loop([1, 2]) }}{% endfor %}",
        "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
        "{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'|regex_replace('(a+)+$', '') }}",
        "{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'|regex_replace('(a|aa)+$', '') }}",
        "{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'|regex_replace('" + "a?" * 30 + "a" * 30 + "$', '') }}",
        "{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'|regex_replace('(a?){30}a{30}b', '') }}",
        "{{ ('a' * 90000)|regex_replace('a*a*a*b', '') }}",
    ],
)
def test_bounds(tmp_path: Path, text: str) -> None:
    with pytest.raises(Failed) as caught:
        render(tmp_path, text)
    assert caught.value.diagnostic.code == "template-too-much"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{{ ''.__class__ }}", "template-forbidden"),
        ("{{ row.update({'a': 1}) }}", "template-forbidden"),
        ("{{ many.append(1) }}", "template-forbidden"),
        ("{{ lipsum() }}", "undefined-name"),
        ("{{ [1, 2]|random }}", "template-syntax"),
        ("{{ now() }}", "undefined-name"),
        ("{{ row }}", "template-failed"),
        ("{{ self }}", "template-failed"),
        ("{{ row.list|map('upper') }}", "template-failed"),
        ("{{ text.upper }}", "template-failed"),
        ("{{ 1 + 'a' }}", "template-failed"),
        ("{{ 'x'|regex_replace('(', '') }}", "template-failed"),
        ("{% include 'none.j2' %}", "unknown-template"),
        ("{% include '/etc/passwd' %}", "unknown-template"),
        ("{% import '../x.j2' as x %}", "unknown-template"),
        ("{% if undefinedname %}{% endif %}", "undefined-name"),
        ("{{ row.nothing.deeper }}", "undefined-name"),
        ("{% for x in nothing %}{% endfor %}", "undefined-name"),
        ("{% do row.pop('n') %}", "template-syntax"),
    ],
)
def test_what_templates_may_not(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(Failed) as caught:
        render(tmp_path, text)
    assert caught.value.diagnostic.code == code


def test_includes_macros_imports_and_inheritance(tmp_path: Path) -> None:
    files = {
        "base.j2": "\ufeff[{% block body %}{% endblock %}]\r\n",
        "page.j2": "{% extends 'base.j2' %}{% block body %}{% include 'in/part.j2' %}{{ m.loud(text) }}{% endblock %}",
        "in/part.j2": "{{ text }}-",
        "m.j2": "{% macro loud(x) %}{{ x|upper }}{% endmacro %}",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    (tmp_path / "page.j2").write_text("{% extends 'base.j2' %}{% import 'm.j2' as m %}" + files["page.j2"][23:])
    renderer = Renderer(tmp_path, Files(tmp_path))
    leaf = Leaf(Spot(Origin(Source("a.yaml", "")), 1, 1, 0), "page.j2")
    assert renderer.file(leaf, "page.j2", CONTEXT, "template") == "[abc-ABC]"
    assert {path.name for path, _ in renderer.files_used()} == {"page.j2", "base.j2", "part.j2", "m.j2"}
