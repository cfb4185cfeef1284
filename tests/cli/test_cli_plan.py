"""`pixmake plan`: what it says, to the letter; what it exits with; that it writes nothing."""

from __future__ import annotations

import json

from fakes.shell import HEAD, Shell

FIRST = """\
pay – to be bought
  icons/heart.png  1024x1024 medium  $0.04  never bought
  icons/key.png    1024x1024 medium  $0.04  never bought

2 pay
to buy: 2 images by ink-1 in 2 requests, $0.08
"""


def test_a_first_plan(shell: Shell) -> None:
    before = shell.files()
    said = shell.run("plan")
    assert (said.code, said.out, said.err) == (0, FIRST, "next: pixmake build --max-cost 0.08\n")
    assert shell.files() == before
    assert not shell.store.exists() and not (shell.root / ".pixmake").exists()
    assert shell.calls == []


def test_a_plan_names_root_causes_and_waits(shell: Shell) -> None:
    shell.write(HEAD + "assets:\n  a.png: a hen\n  b.png: {prompt: a fox, edits: [at night]}\n")
    assert shell.run("build", "--yes").code == 0
    shell.edit("ink-1", "ink-2")
    assert (
        shell.run("plan").out
        == """\
causes
  2 assets  $0.12  defaults.model ink-1→ink-2

pay – to be bought
  a.png    1024x1024 medium  $0.04  changed: model
  b.png#0  1024x1024 medium  $0.04  changed: model

waits – can be bought when what they wait for is there; prices are upper bounds
  b.png#1  1024x1024 medium  ≤ $0.04  until 'b.png#0' is bought

2 pay, 1 waits
to buy: 3 images by ink-2 in 3 requests, $0.12
"""
    )


def test_a_long_list_is_folded_with_the_price_of_the_rest(shell: Shell) -> None:
    names = "".join(f"  n{number:02}.png: number {number}\n" for number in range(20))
    shell.write(HEAD + "assets:\n" + names)
    lines = shell.run("plan").out.splitlines()
    assert lines[12:] == [
        "  n11.png  1024x1024 medium  $0.04  never bought",
        "  … and 8 more (-v shows all), $0.32",
        "",
        "20 pay",
        "to buy: 20 images by ink-1 in 20 requests, $0.80",
    ]
    assert "  n19.png  1024x1024 medium  $0.04  never bought" in shell.run("plan", "-v").out.splitlines()


def test_nothing_is_wider_than_the_terminal(shell: Shell) -> None:
    words = " ".join(["a very long description of a place"] * 6)
    shell.write(HEAD + f"assets:\n  scenes/{'long-' * 4}name.png: {{prompt: {words}, edits: [more]}}\n")
    assert shell.run("build", "--yes").code == 0
    shell.edit("a very", "a slightly")
    for columns in (80, 120):
        shell.environment(COLUMNS=columns)
        for command in (["plan"], ["status"], ["explain", "**"]):
            lines = shell.run(*command).out.splitlines()
            assert max(map(len, lines)) <= columns, (command, columns)


def test_nothing_is_cut_where_no_terminal_is(shell: Shell) -> None:
    shell.environment(COLUMNS="")
    prompt = " ".join(["long"] * 60)
    shell.write(HEAD + f"assets:\n  a.png: {prompt}\n")
    assert shell.run("build", "--yes").code == 0
    shell.edit("ink-1", "ink-2")
    assert "…" not in shell.run("plan", "-v").out


def test_check_says_whether_anything_is_pending(shell: Shell) -> None:
    assert shell.run("plan", "--check").code == 3
    assert shell.run("build", "--yes").code == 0
    assert shell.run("plan", "--check").code == 0
    (shell.root / "assets/icons/key.png").unlink()
    said = shell.run("plan", "--check")
    assert said.code == 3
    assert (
        said.out
        == """\
stale – files to write, for free
  icons/key.png  'assets/icons/key.png' is not there

1 stale, 1 fresh
"""
    )
    assert said.err == "next: pixmake build\n"


def test_a_plan_of_nothing_to_do(shell: Shell) -> None:
    assert shell.run("build", "--yes").code == 0
    said = shell.run("plan")
    assert (said.code, said.out, said.err) == (0, "2 fresh\nnothing to do\n", "")


def test_drafts_are_planned_with_draft(shell: Shell) -> None:
    said = shell.run("plan", "--draft")
    assert said.code == 0
    assert said.out.startswith("draft – stand-ins, free\n  icons/heart.png")
    assert said.err == "next: pixmake build --draft\n"


def test_the_next_command_is_about_the_same_assets(shell: Shell) -> None:
    said = shell.run("plan", "icons/*", "--exclude", "icons/key.png")
    assert said.err == "next: pixmake build 'icons/*' --exclude icons/key.png --max-cost 0.04\n"


def test_a_budget_of_the_spec_needs_no_flag(shell: Shell) -> None:
    shell.edit("version: 1", "version: 1\nbudget: {per_build: 1}")
    assert shell.run("plan").err == "next: pixmake build\n"


def test_an_unknown_price_asks_for_consent_by_name(shell: Shell) -> None:
    shell.edit("{type: counting}", "{type: counting, price: unknown}")
    said = shell.run("plan")
    assert "to buy: 2 images by ink-1 in 2 requests, 2 images without a known price" in said.out
    assert said.err.splitlines()[-1] == "next: pixmake build icons/heart.png --yes"


def test_errors_that_stand_in_the_way_are_told_and_exit_2(shell: Shell) -> None:
    shell.edit(", model: ink-1", "")
    said = shell.run("plan")
    assert said.code == 2
    assert "error[no-model]" in said.err
    assert said.err.splitlines()[-1] == "next: pixmake build --draft"


def test_size_warnings_go_to_stderr(shell: Shell) -> None:
    shell.write(HEAD + "assets:\n  wide.png: {prompt: a road, size: 1600x400}\n")
    said = shell.run("plan")
    assert "warning[crop-wastes]" in said.err and "crop-wastes" not in said.out
    assert "warning" not in shell.run("plan", "--quiet").err


def test_many_warnings_of_one_kind_are_folded(shell: Shell) -> None:
    names = "".join(f"  n{number}.png: {{prompt: road {number}, size: 1600x400}}\n" for number in range(9))
    shell.write(HEAD + "assets:\n" + names)
    folded, whole = shell.run("plan").err, shell.run("plan", "-v").err
    assert whole.count("warning[crop-wastes]") == 9 or "and 8 more" in whole
    assert folded.count("warning[crop-wastes]") <= 3


def test_a_plan_is_saved_with_what_it_was_made_from(shell: Shell) -> None:
    said = shell.run("plan", "icons/key.png", "-o", "night.plan")
    assert said.code == 0
    saved = json.loads((shell.root / "night.plan").read_text("utf-8"))
    assert saved["made_from"] == {
        "version": "0.1.0",
        "spec": "assets.yaml",
        "selectors": ["icons/key.png"],
        "exclude": [],
        "profile": None,
        "draft": False,
    }
    shown = shell.run("plan", "icons/key.png", "--json").body
    assert {name: saved[name] for name in shown} == shown
