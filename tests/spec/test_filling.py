"""Filling in names without Jinja: wherever it answers, Jinja would have said the very same."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixmake.diagnostics import Source
from pixmake.spec.failing import Failed
from pixmake.spec.files import Files
from pixmake.spec.filling import MOST_LENGTH, blanks_of
from pixmake.spec.nodes import Leaf, Origin, Rendered, Spot, Template
from pixmake.spec.rendering import Renderer
from pixmake.spec.templates import Engine

NAMES = re.split(
    " ", "a prompt row row.a row.items row.x.y asset.name true none self loop range env.A dict not super _a a1 é if"
)
BRACES = re.split(
    ",", "{{,}},{,},{%,%},{#,#},{{-,-}},{{+,{{{,}}},{% endif %},{% raw %},{% endraw %},|,|upper,(,),[,],.,',~,-,+"
)
WORDS = ["a", " ", "\n", "\t", "\r", "\r\n", "é ", "1", "\x85", "\u2028", "\xa0", "\0"]
PIECES = st.one_of(
    st.sampled_from(NAMES).flatmap(
        lambda name: st.sampled_from(["{{ %s }}", "{{%s}}", "{{\n%s\t}}"]).map(lambda t: t % name)
    ),
    st.sampled_from(
        [*NAMES, *BRACES, *WORDS, "{{ a }}", "{{ prompt }}, ", "{{ a }}}", "{{{ a }}", "{{ a.b }}", "{{ a . b }}"]
    ),
    st.text("ab {}.%#-\n\r", max_size=4),
)
TEXTS = st.lists(PIECES, max_size=7).map("".join)
VALUES = st.one_of(
    st.text(max_size=5),
    st.sampled_from(
        ["{{ a }}", "{% if %}", " a ", "a\n", "a\r\nb", "<&>", Rendered("x\n"), Rendered(""), Template("{{ a }}")]
    ),
    st.sampled_from(
        [0, -1, 10**17, 10**18, 10**30, 10**5000, True, False, None, 1.5, 1e30, Decimal("1E+2"), Decimal("1.50")]
    ),
    st.sampled_from([[], ["a", 1], {}, {"y": "deep"}, b"x", len, ("t",)]),
)
CONTEXTS = st.fixed_dictionaries(
    {"row": st.dictionaries(st.sampled_from(["a", "items", "x", "keys"]), VALUES, max_size=3)},
    optional=dict.fromkeys(
        ("a", "prompt", "range", "dict", "self", "true", "loop", "not", "_a", "a1", "if", "é"), VALUES
    ),
)


def outcome(run: Callable[[], str]) -> object:
    try:
        return run()
    except Failed as failed:
        return failed.diagnostic.to_json()


def leaf_of(text: str) -> Leaf:
    return Leaf(Spot(Origin(Source("a.yaml", text)), 1, 1, len(text)), text)


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=TEXTS, context=CONTEXTS)
def test_what_is_filled_in_is_what_jinja_makes_of_it(tmp_path: Path, text: str, context: dict[str, Any]) -> None:
    leaf, files = leaf_of(text), Files(tmp_path)
    ours = outcome(lambda: Renderer(tmp_path, files).text(leaf, context, "prompt"))
    assert ours == outcome(lambda: Engine(tmp_path, files, set()).text(leaf, context, "prompt"))


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")), context=CONTEXTS)
def test_so_are_template_files(tmp_path: Path, data: bytes, context: dict[str, Any]) -> None:
    (tmp_path / "t.j2").write_bytes(data)
    ours, theirs, used = Renderer(tmp_path, Files(tmp_path)), Files(tmp_path), set[str]()
    jinja, leaf = Engine(tmp_path, theirs, used), leaf_of("t.j2")
    made = outcome(lambda: ours.file(leaf, "t.j2", context, "template"))
    assert made == outcome(lambda: jinja.file(leaf, "t.j2", context, "template"))
    assert ours.used == used
    if isinstance(made, str):
        assert [(path, source.text) for path, source in ours.files_used() if source is not None] == [
            (path, source.text) for path, source in jinja.files_used() if source is not None
        ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ prompt }}, flat icon, {{ tone }} light\n", "a heart, flat icon, 7 light\n"),
        ("{{row.what}}{{ row.n }}", "a key3"),
        ('{"a": {"b": "{{ tone }}" }}', '{"a": {"b": "7" }}'),
        ("no names } at all }}", "no names } at all }}"),
        ("", ""),
    ],
)
def test_usual_texts_need_no_jinja(text: str, expected: str) -> None:
    blanks = blanks_of(text)
    assert blanks is not None
    assert blanks.filled({"prompt": Rendered("a heart"), "tone": 7, "row": {"what": "a key", "n": 3}}) == expected


@pytest.mark.parametrize(
    "text",
    ["{{ missing }}", "{{ row.missing }}", "{{ row }}", "{{ flag }}", "{{ price }}", "{{ large }}", "{{ long }}"],
)
def test_what_is_not_text_is_left_to_jinja(text: str) -> None:
    blanks = blanks_of(text)
    assert blanks is not None
    values = {"row": {}, "flag": True, "price": Decimal("1.50"), "large": 10**18, "long": "x" * (MOST_LENGTH + 1)}
    assert blanks.filled(values) is None


@pytest.mark.parametrize(
    "text", ["{{ a|upper }}", "{{ a", "{% if a %}", "{# a #}", "a\rb", "{{{ a }}", "{{ a }}}", "{{ self }}"]
)
def test_so_is_whatever_says_more(text: str) -> None:
    assert blanks_of(text) is None


def test_a_load_that_writes_very_much_is_counted_by_jinja(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixmake.spec.rendering.MOST_FILLED", 10)
    renderer, leaf = Renderer(tmp_path, Files(tmp_path)), leaf_of("{{ a }}")
    for _ in range(2):
        assert renderer.text(leaf, {"a": "12345"}, "prompt") == "12345"
    assert "engine" not in vars(renderer)
    assert renderer.text(leaf, {"a": "1"}, "prompt") == "1"
    assert "engine" in vars(renderer)
    renderer.renew()
    del renderer.engine
    assert renderer.text(leaf, {"a": "1"}, "prompt") == "1"
    assert "engine" not in vars(renderer)


def test_a_changed_template_file_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "t.j2").write_text("{{ a }} one")
    files = Files(tmp_path)
    renderer, leaf = Renderer(tmp_path, files), leaf_of("t.j2")
    assert renderer.file(leaf, "t.j2", {"a": "x"}, "template") == "x one"
    (tmp_path / "t.j2").write_text("{{ a }} two")
    files.renew()
    renderer.renew()
    assert renderer.file(leaf, "t.j2", {"a": "x"}, "template") == "x two"
    (tmp_path / "t.j2").unlink()
    files.renew()
    renderer.renew()
    with pytest.raises(Failed, match="no template named"):
        renderer.file(leaf, "t.j2", {"a": "x"}, "template")


@pytest.mark.parametrize("name", ["../t.j2", "/t.j2", "a/../t.j2", "./t.j2", "a\\t.j2", ".t.j2"])
def test_odd_names_of_files_are_jinjas(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (tmp_path / "t.j2").write_text("outside")
    renderer = Renderer(folder, Files(tmp_path))
    with pytest.raises(Failed, match="no template named"):
        renderer.file(leaf_of(name), name, {}, "template")
