"""Every error of the spec room by its whole text. A case is one file in problems/: the files, then what is said."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from fakes.spec_project import Project
from pixmake.diagnostics import Problem

HERE = Path(__file__).parent
CASES = sorted((HERE / "problems").glob("*.txt"))
ROOT = HERE.parents[1]


def parts(case: Path) -> tuple[dict[str, str], str]:
    """The files of a case by name, and the expected text."""
    found = re.split(r"^#### (.+)\n", case.read_bytes().decode("utf-8"), flags=re.MULTILINE)[1:]
    files = dict(zip(found[::2], found[1::2], strict=True))
    return files, files.pop("problem").removesuffix("\n")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_whole_text(case: Path, project: Project) -> None:
    files, expected = parts(case)
    project.write(files)
    with pytest.raises(Problem) as caught:
        project.load()
    assert str(caught.value) == expected


def explained() -> set[str]:
    return set(re.findall(r"^## (\S+)$", (ROOT / "docs/errors.md").read_text("utf-8"), flags=re.MULTILINE))


def test_every_code_of_the_room_has_a_case() -> None:
    words = {
        node.value
        for path in (ROOT / "src/pixmake/spec").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    shown = [parts(case)[1] for case in CASES] + [Path(__file__).read_text("utf-8")]
    said = {code for text in shown for code in re.findall(r"(?:error\[|\(\")([a-z0-9-]+)", text)}
    mine = {word for word in words if "-" in word or word in ("cycle", "unclosed")} & explained()
    assert mine - said == set()
    assert {code for text in shown[:-1] for code in re.findall(r"error\[([a-z0-9-]+)\]", text)} <= explained()


def test_bytes_that_are_no_text(project: Project) -> None:
    project.write({"assets.yaml": b"version: 1\nassets: {a: x\xff}\n"})
    assert project.problem(None) == (
        "assets.yaml:2:14: error[not-utf8]: 'assets.yaml' is not UTF-8: byte 0xff\n"
        "    2 | assets: {a: x�}\n"
        "      |              ^\n"
        "help: save it as UTF-8"
    )


def test_a_nul_byte(project: Project) -> None:
    project.write({"assets.yaml": b"version: 1\n\0"})
    assert project.problem(None) == (
        "assets.yaml:2:1: error[not-text]: 'assets.yaml' is not a text file: it has a NUL byte\n"
        "help: name a text file here"
    )


def test_utf16(project: Project) -> None:
    project.write({"assets.yaml": "version: 1\n".encode("utf-16")})
    assert project.problem(None) == ("error[not-utf8]: 'assets.yaml' is UTF-16, not UTF-8\nhelp: save it as UTF-8")


def test_a_file_that_is_too_large(project: Project) -> None:
    project.write({"assets.yaml": b"#" * (32 * 1024 * 1024 + 1)})
    assert project.problem(None) == (
        "error[file-too-large]: 'assets.yaml' is larger than 32 MiB\n"
        "help: keep many rows in data files, or split the file with 'include'"
    )


def test_no_spec_file(project: Project) -> None:
    assert project.problem(None) == (
        "error[missing-file]: no file 'assets.yaml'\nhelp: 'pixmake init' writes a first one"
    )


def test_an_unreadable_file(project: Project) -> None:
    name = "x" * 300
    assert project.problem(f"version: 1\nassets: {{a: {{prompt: x, rows: {name}.csv}}}}\n") == (
        f"error[unreadable-file]: '{name}.csv' can't be read: File name too long"
    )


def test_an_unknown_profile(project: Project) -> None:
    project.write({"assets.yaml": "version: 1\nprofiles: {final: {}}\nassets: {a: x}\n"})
    with pytest.raises(Problem) as caught:
        project.load(profile="finl")
    assert str(caught.value) == (
        "error[unknown-profile]: no profile named 'finl'\nhelp: did you mean 'final'? profiles: final"
    )


def test_a_lone_surrogate_in_a_prompt(project: Project) -> None:
    row = '[{"id": "a", "look": "half \\ud83d"}]'
    text = 'version: 1\nassets: {"{{ id }}": {rows: m.json, prompt: "{{ look }}"}}\n'
    assert project.problem(text, {"m.json": row}) == (
        "assets.yaml:2:45: error[bad-character]: the prompt holds a lone surrogate (m.json:1)\n"
        '    2 | assets: {"{{ id }}": {rows: m.json, prompt: "{{ look }}"}}\n'
        "      |                                             ^^^^^^^^^^^^\n"
        "help: it is half of a character, often from a broken \\u escape"
    )


def test_all_problems_of_a_project_in_one_run_and_in_order(project: Project) -> None:
    text = """version: 1
assets:
  a: {prompt: x, qualty: low}
  b: "{{ nothing }}"
  c: {from: "@d"}
  e: {prompt: x, references: none.png}
"""
    with pytest.raises(Problem) as caught:
        project.load(text)
    assert [(item.code, item.span.line) for item in caught.value.diagnostics if item.span] == [
        ("unknown-key", 3),
        ("undefined-name", 4),
        ("unknown-asset", 5),
        ("missing-file", 6),
    ]


BESIDE = {
    "a budget": ("budget: {per_bild: 1}", [("unknown-key", 2)]),
    "a key like one that assets don't need": ("projct: farm", [("unknown-key", 2)]),
    "a misspelled budget": ("budgt: {per_build: 1}", [("unknown-key", 2)]),
    "a word of one's own": ("author: me", [("unknown-key", 2)]),
    "a variable that is broken": ('vars: {style: "{{ nope }}"}', [("undefined-name", 2)]),
    "a variable that can't be read": ('vars: {style: "{{ x"}', [("template-syntax", 2)]),
    "a file of variables that is not there": ("vars_from: [none.json]", [("missing-file", 2)]),
    "all at once": (
        'vars: {style: "{{ nope }}"}\nauthor: me\nbudget: 5',
        [("undefined-name", 2), ("unknown-key", 3), ("wrong-type", 4)],
    ),
}


@pytest.mark.parametrize("what", BESIDE)
def test_what_is_wrong_beside_the_assets_hides_nothing_of_theirs(project: Project, what: str) -> None:
    """And nothing is told that follows from it: a variable that could not be made is not missed by those that use it."""
    lines, told = BESIDE[what]
    text = f"""version: 1
{lines}
assets:
  a: {{prompt: "x in {{{{ style }}}}", size: 64x64}}
  b: {{from: "@a", prompt: "bigger {{{{"}}
  c: {{from: "@d"}}
  e: {{prompt: x, references: none.png}}
  f: {{from: "@e"}}
  g: {{from: "@a"}}
  h: {{from: "@{{{{ style }}}}"}}
  i: {{prompt: x, outputs: ["{{{{ style }}}}.png"]}}
  j: {{prompt: x, outputs: ["e.png"]}}
"""
    text = text if "style" in lines or "from" in lines else text.replace("{{ style }}", "style")
    more = lines.count("\n")
    with pytest.raises(Problem) as caught:
        project.load(text)
    own = [("template-syntax", 5), ("unknown-asset", 6), ("missing-file", 7), ("duplicate-output", 12)]
    if "{{ style }}" not in text:
        own.insert(3, ("unknown-asset", 10))
    found = [(item.code, item.span.line) for item in caught.value.diagnostics if item.span]
    assert found == told + [(code, line + more) for code, line in own]


@pytest.mark.parametrize(
    "lines",
    [
        "defalts: {prompt: x}",
        "var: {style: x}",
        "styles: {a: b}",
        "gadget: {a: b}",
        "templte_dir: x",
        "preset: {a: {size: 1:1}}",
    ],
)
def test_a_key_that_may_be_meant_for_the_assets_is_mended_first(project: Project, lines: str) -> None:
    """Whatever else were told could come of it."""
    assets = 'assets:\n  a: {use: a, prompt: "{{ style }}", template: t.j2}\n  b: {size: 64x64}\n'
    assert project.codes(f"{lines}\n{assets}") == ["unknown-key"]


def test_a_wrong_asset_is_not_told_twice_by_those_that_use_it(project: Project) -> None:
    assert project.codes('assets:\n  a: {promt: x}\n  b: {from: "@a"}\n') == ["unknown-key"]


def test_keys_never_appear(project: Project) -> None:
    text = 'version: 1\nproviders: {openai: {api_key: "sk-proj-0123456789abcdef", typo: 1}\n'
    assert "0123456789" not in project.problem(text)


def test_warnings_are_kept_with_the_spec(project: Project) -> None:
    spec = project.load("version: 1\nassets:\n  a: {prompt: x, size: auto}\n")
    assert [(item.code, item.asset, str(item.span)) for item in spec.warnings] == [
        ("auto-size", "a", "assets.yaml:3:24")
    ]


def test_some_opaque_files_of_a_transparent_picture_are_a_warning(project: Project) -> None:
    text = "version: 1\nassets:\n  a: {prompt: x, background: transparent, outputs: [a.png, a.jpg]}\n"
    assert [(item.code, item.message) for item in project.load(text).warnings] == [
        ("transparent-jpeg", "'assets/a.jpg' can't be transparent: JPEG has no transparency")
    ]
