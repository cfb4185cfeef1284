"""`check`, `graph` and `cache`: lints and pictures of a project, and the health of the store."""

from __future__ import annotations

import pytest

from fakes.shell import HEAD, Shell


def codes(shell: Shell) -> list[str]:
    return [item["code"] for item in shell.run("check", "--json").body["problems"]]


def test_check_of_a_clean_project(shell: Shell) -> None:
    said = shell.run("check")
    assert (said.code, said.out, said.err) == (0, "2 assets checked: no problems\n", "")


def test_check_needs_no_key_and_writes_nothing(shell: Shell) -> None:
    shell.environment(COUNTING_OBSTACLE="no key")
    before = shell.files()
    assert shell.run("check").code == 0
    assert shell.files() == before and not shell.store.exists() and shell.calls == []


def test_check_finds_shared_requests(shell: Shell) -> None:
    shell.edit("an old brass key", "a heart")
    said = shell.run("check")
    assert said.code == 0
    assert said.err.splitlines()[0].endswith(
        "warning[shared-request]: 'icons/heart.png' and 'icons/key.png' are one request: one picture, paid once"
    )


def test_check_finds_unused_templates(shell: Shell) -> None:
    shell.write("{{ prompt }}", "templates/used.j2")
    shell.write("{{ prompt }}", "templates/idle.j2")
    shell.edit("model: ink-1", "model: ink-1, template: used.j2")
    said = shell.run("check")
    assert said.err == (
        "warning[unused-template]: no asset uses the template 'templates/idle.j2'\nhelp: use it, or remove it\n"
    )


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("gpt-image-1", "has been retired since 2026-10-23"),
        ("gpt-image-2", None),
    ],
)
def test_check_warns_of_models_that_go(shell: Shell, model: str, says: str | None) -> None:
    shell.write(f"version: 1\ndefaults: {{model: {model}}}\nassets: {{a.png: a hen}}\n")
    found = [item for item in shell.run("check", "--json").body["problems"] if item["code"] == "model-retires"]
    assert [says in item["message"] for item in found if says] == ([True] if says else [])
    assert bool(found) == bool(says)


def test_check_finds_files_that_are_not_as_written(shell: Shell) -> None:
    assert shell.run("build", "--yes").code == 0
    (shell.root / "assets/icons/key.png").unlink()
    assert shell.run("check").code == 0 and codes(shell) == ["output-behind"]
    (shell.root / "assets/icons/heart.png").write_bytes(b"mine")
    assert shell.run("check").code == 5 and codes(shell) == ["edited", "output-behind"]


def test_check_finds_orphans_and_refusals(shell: Shell) -> None:
    shell.script(heart=["refused"])
    assert shell.run("build", "--yes").code == 1
    shell.edit("icons/key.png: an old brass key", "icons/lock.png: a lock")
    assert shell.run("check").code == 1
    assert codes(shell) == ["orphan", "refused"]


def test_check_of_a_damaged_lock(shell: Shell) -> None:
    assert shell.run("build", "--yes").code == 0
    lock = shell.root / "assets.lock"
    lock.write_text(lock.read_text().replace('"asset":"icons/key.png"', '"asset":"icons/key.png'))
    assert shell.run("check").code == 8
    assert "lock-damaged" in codes(shell)
    for words in (["plan"], ["build"], ["build", "--draft"]):
        said = shell.run(*words)
        assert (said.code, said.err.splitlines()[0]) == (
            8,
            "assets.lock:3:1: error[lock-damaged]: line 3 of the lockfile is not one of its lines",
        )
    assert "error[lock-damaged]" in shell.run("status").err
    assert shell.run("plan", "--json").body["problems"][0]["code"] == "lock-damaged"


def test_check_of_a_spec_with_errors(shell: Shell) -> None:
    shell.edit("a heart", "a heart\n  icons/hart.png: {promt: x}")
    assert shell.run("check").code == 2


# --- graph --------------------------------------------------------------------------------------------------------------

FAMILY = HEAD + (
    "assets:\n  a.png: {prompt: a hen, references: [ref.png]}\n"
    "  b.png: {from: '@a.png', prompt: a hat, edits: [{prompt: at night, mask: mask.png}]}\n  c.png: {from: '@b.png'}\n"
)


@pytest.fixture
def family(shell: Shell) -> Shell:
    shell.picture("ref.png")
    shell.picture("mask.png", (1024, 1024))
    shell.write(FAMILY)
    return shell


def test_graph_as_dot(family: Shell) -> None:
    lines = family.run("graph").out.splitlines()
    assert lines[0] == "digraph pixmake {" and lines[-1] == "}"
    assert [line.strip() for line in lines if "->" in line] == [
        '"ref.png" -> "a.png#0";',
        '"a.png#0" -> "b.png#0";',
        '"b.png#0" -> "b.png#1";',
        '"mask.png" -> "b.png#1" [label=mask];',
        '"b.png#1" -> "c.png";',
    ]


def test_graph_as_mermaid(family: Shell) -> None:
    lines = family.run("graph", "--format", "mermaid").out.splitlines()
    assert lines[:3] == ["flowchart LR", '  n0["a.png"]', '  n1["b.png#35;0"]']
    assert '  n4[/"ref.png"/]' in lines and "  n5 -- mask --> n2" in lines


def test_graph_of_a_selection_has_its_ancestors_only(family: Shell) -> None:
    body = family.run("graph", "a.png", "--format", "json").body
    assert [node["id"] for node in body["nodes"]] == ["a.png#0", "ref.png"]


def test_what_touching_a_file_would_cost(family: Shell) -> None:
    before = family.files()
    assert family.run("graph", "--uses", "ref.png").out == (
        "a.png#0  1 image  $0.04\n"
        "b.png#0  1 image  $0.04\n"
        "b.png#1  1 image  $0.04\n"
        "c.png              free\n"
        "touching 'ref.png' changes 3 assets: $0.12\n"
    )
    assert family.run("graph", "--uses", "mask.png", "--json").body["cost"] == {"low": "0.04", "high": "0.04"}
    assert family.files() == before
    family.go(family.root / "sub")
    assert family.run("graph", "--uses", "../mask.png").code == 0


def test_a_file_that_nothing_reads(family: Shell) -> None:
    said = family.run("graph", "--uses", "reff.png")
    assert said.code == 2
    assert said.err == (
        "error[no-match]: no asset has 'reff.png' as input picture\n"
        "help: did you mean 'ref.png'? files here: mask.png, ref.png\n"
    )


# --- cache --------------------------------------------------------------------------------------------------------------


def test_the_cache_is_where_the_environment_says(shell: Shell) -> None:
    assert shell.run("cache", "path").out == f"{shell.store}\n"
    shell.go(shell.folder / "elsewhere")
    assert shell.run("cache", "path").out == f"{shell.store}\n"
    assert not shell.store.exists()


def test_what_the_cache_holds(shell: Shell) -> None:
    shell.script(key=["unknown"])
    assert shell.run("build", "--yes").code == 5
    body = shell.run("cache", "info", "--json").body
    assert {name: body[name] for name in ("originals", "calls", "unknown", "paid", "damaged_lines")} == {
        "originals": 1,
        "calls": 2,
        "unknown": 1,
        "paid": "0.04",
        "damaged_lines": 0,
    }


def test_verify_finds_damage_and_loss(shell: Shell) -> None:
    assert shell.run("build", "--yes").code == 0
    assert shell.run("cache", "verify").out == "2 originals checked, 0 damaged, 0 missing\n"
    first, second = sorted((shell.store / "cas").glob("*/*"))
    first.chmod(0o644)
    first.write_bytes(b"rotten")
    second.unlink()
    said = shell.run("cache", "verify")
    assert said.code == 8
    assert said.out.splitlines()[0] == "1 original checked, 1 damaged, 2 missing"
    assert said.err.startswith("error[corrupt-original]: ")
    assert (shell.store / "quarantine" / f"{first.parent.name}{first.name}").read_bytes() == b"rotten"
    assert shell.run("cache", "verify").code == 5


def test_a_word_that_is_no_cache_command(shell: Shell) -> None:
    said = shell.run("cache", "verfy")
    assert (said.code, said.err.splitlines()[1]) == (2, "help: did you mean 'verify'? commands: path, info, verify")


def test_a_plan_warns_of_what_it_buys_from_a_model_that_goes(shell: Shell) -> None:
    shell.write(
        "version: 1\nproviders: {counting: {type: counting}}\n"
        "defaults: {provider: counting}\n"
        "assets:\n  a.png: {prompt: a hen, model: ink-1}\n"
    )
    assert shell.run("plan", "--json").body["warnings"] == []
    shell.write("version: 1\ndefaults: {model: gpt-image-1-mini}\nassets: {a.png: a hen}\n")
    found = shell.run("plan", "--json").body["warnings"]
    assert [item["code"] for item in found] == ["model-retires"]
    assert found[0]["help"] == (
        "`pixmake migrate --from gpt-image-1-mini --to gpt-image-2.6-flare` prices the move; "
        "what was bought stays, only new pictures need another model"
    )


def test_one_model_by_two_names(shell: Shell) -> None:
    shell.write(
        "version: 1\nassets:\n"
        "  a.png: {prompt: a hen, model: gpt-image-2}\n"
        "  b.png: {prompt: a hen, model: gpt-image-2-2026-04-21}\n"
    )
    said = shell.run("check")
    assert said.code == 0
    assert said.err == (
        "assets.yaml:3:33: warning[mixed-models]: 'gpt-image-2' and 'gpt-image-2-2026-04-21' are one model today and "
        "two in requests: equal prompts are bought once for each\n"
        "    3 |   a.png: {prompt: a hen, model: gpt-image-2}\n"
        "      |                                 ^^^^^^^^^^^\n"
        "note: assets.yaml:4:33: 'gpt-image-2-2026-04-21' is named here\n"
        "    4 |   b.png: {prompt: a hen, model: gpt-image-2-2026-04-21}\n"
        "      |                                 ^^^^^^^^^^^^^^^^^^^^^^\n"
        "help: name the dated one everywhere to stay with it, or the other to follow the provider\n"
    )
    assert [item["code"] for item in shell.run("plan", "--json").body["warnings"]] == ["mixed-models"]
