"""Specs from strangers: templates, YAML, paths, names, data. Each is refused in words, or does no harm."""

from __future__ import annotations

import pytest

from hostile.cells import Cell

HEART = "assets: {x.png: a heart}\n"
ESCAPES = {
    "{{ ''.__class__.__mro__[1].__subclasses__() }}": "template-forbidden",
    "{{ cycler.__init__.__globals__.os.system('touch pwned') }}": "template-forbidden",
    "{{ 'x'|attr('__class__') }}": "template-forbidden",
    "{{ ('{0.__cl'~'ass__}').format(1) }}": "template-forbidden",
    "{{ namespace(a='{0.__class__.__init__.__globals__}'.format).a(range) }}": "template-forbidden",
    "{{ range(9)|sort(attribute='__class__') }}": "template-forbidden",
    "{{ dict(a=1).update(b=2) }}": "template-forbidden",
    "{{ range.__self__ }}": "undefined-name",
    "{{ env.OPENAI_API_KEY }}": "undefined-name",
    "{% include '/etc/passwd' %}": "unknown-template",
    "{% include '../assets.yaml' %}": "unknown-template",
    "{% import 'os' as os %}": "unknown-template",
}
BOMBS = {
    "{% for i in range(10**9) %}a{% endfor %}": "template-failed",
    "{% for i in range(9999) %}{% for i in range(9999) %}{% endfor %}{% endfor %}": "template-too-much",
    "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}": "template-too-much",
    "{{ 9**9**9 }}": "template-too-much",
    "{{ 'a' * 10**10 }}": "template-too-much",
    "{{ [[1] * 100000] * 100000 }}": "template-too-much",
    "{{ '%1000000000d'|format(1) }}": "template-too-much",
    "{{ '{0:{1}}'.format(1, '99999999') }}": "template-too-much",
    "{{ ('\\t' * 100000).expandtabs(9999)|length }}": "template-too-much",
    "{{ 'a'.encode('utf-8').ljust(10**9)|length }}": "template-too-much",
    "{{ (5).to_bytes(10**9, 'big')|length }}": "template-too-much",
    "{% set x = 'a' * 1000000 %}{% for i in range(99999) %}{{ x }}{% endfor %}": "template-too-much",
    "{% macro m() %}{% for i in range(999) %}{{ 'x' * 1000000 }}{% endfor %}{% endmacro %}{{ m() }}": "template-too-much",
    "{% set ns = namespace(s='a') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}": "template-too-much",
    "{{ ('a' * 30000)|regex_replace('(a|a)*$', 'b') }}": "template-too-much",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}": "template-too-much",
}


@pytest.mark.parametrize(("template", "code"), [*ESCAPES.items(), *BOMBS.items()], ids=str)
def test_templates_reach_nothing_and_are_bounded(cell: Cell, template: str, code: str) -> None:
    cell.spec("assets:\n  x:\n    prompt: |\n      " + template + "\n")
    assert f"error[{code}]" in cell.told("plan")


ALIASES = "vars:\n  a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ALIASES + HEART, id="aliases"),
        pytest.param("vars: &v {a: *v}\n" + HEART, id="itself"),
        pytest.param('vars: {a: !!python/object/apply:os.system ["touch pwned"]}\n' + HEART, id="python-object"),
        pytest.param("vars: {a: !!python/name:os.system }\n" + HEART, id="python-name"),
        pytest.param("vars: {a: !!binary aGVsbG8=}\n" + HEART, id="binary"),
        pytest.param("vars: " + "[" * 5000 + "]" * 5000 + "\n" + HEART, id="deep-flow"),
        pytest.param("vars:\n" + "".join(" " * n + "a:\n" for n in range(1, 2000)) + HEART, id="deep-block"),
        pytest.param("? " * 3000 + "\n" + HEART, id="deep-keys"),
        pytest.param('assets: {"x\\0y": a}\n', id="nul-in-name"),
        pytest.param('assets: {"x\\e[2Jy": a}\n', id="escape-in-name"),
        pytest.param('profiles: {"\\e[2J": {}}\nprofile: none\n' + HEART, id="escape-in-profile"),
        pytest.param("assets: {../../y.png: a}\n", id="name-out"),
        pytest.param("assets: {x: {prompt: a, output: ../../y.png}}\n", id="output-out"),
        pytest.param("assets: {x: {prompt: a, output: /y.png}}\n", id="output-absolute"),
        pytest.param("output_dir: ../..\n" + HEART, id="folder-out"),
    ],
)
def test_yaml_builds_nothing_and_is_bounded(cell: Cell, text: str) -> None:
    cell.spec(text)
    assert "error[" in cell.told("build", "--yes")


@pytest.mark.parametrize("source", ["/dev/zero", "pipe", "/proc/self/environ", "loop", ".", "/etc/shadow-of-nothing"])
@pytest.mark.parametrize(
    "text",
    [
        "include: [SOURCE]\n" + HEART,
        "assets: {x: {from: SOURCE}}\n",
        "assets: {x: {prompt: a, edits: [{prompt: b, references: [SOURCE]}]}}\n",
        "templates_dir: .\nassets: {x: {template: SOURCE, prompt: a}}\n",
        "assets: {x: {rows: rows.csv, prompt: a}}\n",
    ],
    ids=["include", "from", "reference", "template", "rows"],
)
def test_devices_pipes_and_loops_are_not_read(cell: Cell, source: str, text: str) -> None:
    cell.pipe("pipe")
    cell.link("loop", "loop")
    if source != ".":
        cell.link("rows.csv", source)
    cell.spec(text.replace("SOURCE", source))
    assert "error[" in cell.told("build", "--yes")


SHOWN = '  x: {prompt: "\\e]0;pwned\\a\\e[2J\\u202e", tags: ["\\e[2J"], alt: "\\e[2J", meta: {"\\e[2J": "\\x9b2J"}}\n'


@pytest.mark.parametrize(
    "command", ["plan", "show x", "show x --json", "explain x", "list", "graph", "status", "check"]
)
def test_no_control_character_of_a_spec_reaches_the_terminal(cell: Cell, command: str) -> None:
    cell.spec("assets:\n" + SHOWN)
    outcome = cell.run(*command.split())
    assert outcome.code in (0, 3)
    assert "\u202e" not in outcome.out + outcome.err


def test_data_holds_no_commands_for_terminals_and_none_too_large(cell: Cell) -> None:
    cell.write("r.csv", "look\n\x1b]0;pwned\x07\x1b[2Jhi\n")
    cell.spec('assets: {"x-{{ row.look }}": {rows: r.csv, prompt: "{{ row.nothing }}"}}\n')
    cell.told("plan")
    cell.spec('assets: {"x-{{ loop.index }}": {rows: r.csv, prompt: "{{ row.look }}"}}\n')
    cell.run("plan")
    cell.write("r.csv", "look\n" + '"' + "x" * 20_000_000)
    cell.told("plan")
    cell.write("r.csv", "a," * 1_000_000 + "\n")
    cell.run("plan")
    cell.write("r.csv", '=cmd|"/c calc"!A1,@SUM(1)\n1,2\n')
    cell.run("plan")


def test_a_spec_that_names_a_secret_for_templates_does_not_get_it_told(cell: Cell) -> None:
    """`allow_env` is a line that a review can see; nothing that a plan shows or keeps holds the value."""
    cell.spec("allow_env: [OPENAI_API_KEY]\nassets: {x: {prompt: '{{ env.OPENAI_API_KEY }}'}}\n")
    cell.told("plan")
