"""What a build says of what it left: states as the next plan has them, and a next command that goes on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from fakes.shell import HEAD, Shell

SPEC = (
    HEAD
    + """\
assets:
  b.png: {from: "@a.png", prompt: at night}
  c.png: {from: "@b.png"}
  a.png: {prompt: a heart}
"""
)


def states(body: Mapping[str, list[dict[str, object]]]) -> dict[object, object]:
    return {item["asset"]: item["state"] for item in body["entries"]}


@pytest.mark.parametrize("end", ["unknown", "refused"])
def test_what_hangs_on_a_picture_that_no_build_brings_is_blocked(shell: Shell, end: str) -> None:
    shell.write(SPEC)
    shell.script(heart=[end])
    said = shell.run("build", "--yes")
    assert f"\nblocked: b.png: 'a.png#0' is {end}\nblocked: c.png: 'b.png#0' is blocked\n" in said.err
    assert said.err.endswith("\nnext: pixmake explain a.png\n")
    assert states(shell.run("plan", "--json").body) == {"a.png": end, "b.png": "blocked", "c.png": "blocked"}


def test_a_failure_is_explained_and_no_price_is_named_for_what_hangs_on_it(shell: Shell) -> None:
    shell.write(SPEC)
    shell.script(heart=["failed"])
    said = shell.run("build", "--yes", "--json")
    assert states(said.body) == {"a.png": "failed", "b.png": "waits", "c.png": "waits"}
    assert said.err.endswith("\nnext: pixmake explain a.png\n")
    assert shell.run("explain", "a.png").err == "next: pixmake build a.png --max-cost 0.04\n"


def test_a_locked_build_says_that_a_draft_is_published(shell: Shell) -> None:
    shell.write("version: 1\ndefaults: {provider: draft}\nassets: {a.png: a heart, b.png: a key}\n")
    assert shell.run("build").code == 0
    said = shell.run("build", "--locked")
    assert (said.code, said.err) == (3, "draft: a.png, b.png: a draft is published\nnothing was made\n")


def test_a_plan_that_only_a_person_can_mend_is_not_called_done(shell: Shell) -> None:
    shell.write(SPEC)
    shell.script(heart=["unknown"])
    shell.run("build", "--yes")
    said = shell.run("plan")
    assert re.search(r"\n1 unknown, 2 blocked\nnothing that a build could do\n$", said.out)
    assert said.err == "next: pixmake explain a.png\n"


def test_damage_that_a_build_finds_leads_to_verify_and_is_known_then(shell: Shell) -> None:
    shell.write(HEAD + "assets: {a.png: a heart}\n")
    assert shell.run("build", "--yes").code == 0
    original = Path(shell.run("pick", "a.png", "--json").body["candidates"][0]["file"])
    original.chmod(0o644)
    original.write_bytes(original.read_bytes()[:-9] + b"scratched")
    (shell.root / "assets/a.png").unlink()
    said = shell.run("build")
    assert (said.code, said.err.splitlines()[-1]) == (8, "next: pixmake cache verify")
    assert shell.run("cache", "verify").code == 8
    assert shell.run("status", "--json").body["by_state"] == {"corrupt": 1}
    said = shell.run("build")
    assert (said.code, said.err.splitlines()[-1]) == (8, "next: pixmake explain a.png")
