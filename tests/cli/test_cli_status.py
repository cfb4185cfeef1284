"""`status`, `explain`, `show`, `list`: what they tell of projects in many states. None of them writes anything."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import shutil
import struct
import termios

import pytest

from fakes.counting import ENDINGS
from fakes.shell import HEAD, Shell
from pixmake.cli.console import Console
from pixmake.providers.base import Unknown


def test_status_of_a_new_project(shell: Shell) -> None:
    said = shell.run("status")
    assert (said.code, said.out, said.err) == (
        0,
        "pay – to be bought\n  icons/heart.png  never bought\n  icons/key.png    never bought\n\n2 pay\n",
        "next: pixmake build --max-cost 0.08\n",
    )


def test_status_counts_originals_without_a_second_copy(shell: Shell) -> None:
    assert shell.run("build", "--yes").code == 0
    assert shell.run("status").out == (
        "fresh – nothing to do\n  icons/heart.png\n  icons/key.png\n\n2 originals without a second copy\n2 fresh\n"
    )


def test_status_of_trouble(shell: Shell) -> None:
    shell.write(HEAD + "assets: {a.png: a wasp, b.png: an owl, c.png: a hen, d.png: {from: '@c.png', prompt: hat}}\n")
    shell.script(wasp=["refused"], owl=["unknown"])
    assert shell.run("build", "--yes").code == 5
    (shell.root / "assets/c.png").write_bytes(b"mine now")
    said = shell.run("status")
    text = said.out.replace(said.out[said.out.index("$0.04") :].splitlines()[0], "$0.04  …")
    assert (
        text
        == """\
unknown – sent, and no usable answer came: perhaps billed
  b.png  sent before, and no usable answer came: it may have been billed

refused – the provider said no
  a.png  refused by the provider: the request was refused by the safety system

edited – changed by hand, left alone
  c.png  'assets/c.png' was edited by hand: left alone

fresh – nothing to do
  d.png

unknown calls
  b.png#0  $0.04  …

2 originals without a second copy
1 unknown, 1 refused, 1 edited, 1 fresh
"""
    )
    assert said.err == "next: pixmake explain b.png\n"
    call = shell.run("status", "--json").body["unknown"][0]
    assert (call["asset"], call["price"], call["images"]) == ("b.png", "0.04", 1)


TOLD_WHOLE = {
    60: """\
refused – the provider said no
  a.png                    refused by the provider: the
                           request was refused by the safety
                           system
  very-long-name/of/b.png  refused by the provider: the
                           request was refused by the safety
                           system

fresh – nothing to do
  c.png

1 original without a second copy
2 refused, 1 fresh
""",
    40: """\
refused – the provider said no
  a.png
    refused by the provider: the request
    was refused by the safety system
  very-long-name/of/b.png
    refused by the provider: the request
    was refused by the safety system

fresh – nothing to do
  c.png

1 original without a second copy
2 refused, 1 fresh
""",
}


@pytest.mark.parametrize("columns", TOLD_WHOLE)
def test_status_tells_whole_why_something_went_wrong(shell: Shell, columns: int) -> None:
    """A provider's own words are all that says what to change; a narrow terminal is no reason to keep some of them."""
    shell.write(HEAD + "assets: {a.png: a wasp, very-long-name/of/b.png: two wasps, c.png: a hen}\n")
    shell.script(wasp=["refused*"])
    assert shell.run("build", "--yes").code == 1
    shell.environment(COLUMNS=columns)
    assert shell.run("status").out == TOLD_WHOLE[columns]
    assert TOLD_WHOLE[columns].partition("\n\n")[0] in shell.run("plan").out


def test_an_unknown_call_is_told_whole(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENDINGS, "unknown", lambda: Unknown("the connection broke after sending"))
    shell.write(HEAD + "assets: {b.png: an owl}\n")
    shell.script(owl=["unknown"])
    assert shell.run("build", "--yes").code == 5
    shell.environment(COLUMNS=60)
    said = shell.run("status").out
    time = said[said.index("$0.04") + 7 :][:16]
    assert (
        said.replace(time, "2026-11-22 20:45")
        == """\
unknown – sent, and no usable answer came: perhaps billed
  b.png  sent before, and no usable answer came: it may have
         been billed

unknown calls
  b.png#0  $0.04  2026-11-22 20:45  the connection broke
                                    after sending

1 unknown
"""
    )


def test_a_terminal_is_as_wide_as_it_is_wherever_the_other_stream_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """stdout is a file here, and stderr a wide terminal: what is asked for is the terminal's width."""
    monkeypatch.delenv("COLUMNS", raising=False)
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w") as stream:
        for columns, wide in ((200, 200), (20, 40), (0, 80)):
            fcntl.ioctl(leader, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
            assert Console().width(stream) == wide
        monkeypatch.setenv("COLUMNS", "120")
        assert Console().width(stream) == 120
        monkeypatch.setenv("COLUMNS", "0")
        assert Console().width(stream) == 80
    os.close(leader)
    assert Console().width(io.StringIO()) is None


def test_status_tells_drafts_and_orphans(shell: Shell) -> None:
    assert shell.run("build", "icons/heart.png", "--yes").code == 0
    assert shell.run("build", "--draft").code == 0
    shell.edit("icons/heart.png: a heart", "icons/stone.png: a stone")
    said = shell.run("status")
    assert (
        said.out
        == """\
pay – to be bought
  icons/stone.png         never bought
  icons/key.png    draft  never bought

orphan – in the lock, not in the spec
  icons/heart.png

1 original without a second copy
2 pay
"""
    )
    body = shell.run("status", "--json").body
    assert [item["draft"] for item in body["assets"]] == [False, True]
    assert body["orphans"] == ["icons/heart.png"]


def test_status_selects_by_state(shell: Shell) -> None:
    assert shell.run("build", "icons/key.png", "--yes").code == 0
    assert shell.run("list", "status:pay").out == "icons/heart.png\n"
    said = shell.run("list", "status:refused")
    assert said.code == 2 and "nothing is in that state" in said.err


# --- explain ----------------------------------------------------------------------------------------------------------


def test_explain_shows_fields_and_the_chain_down_to_the_root(shell: Shell) -> None:
    shell.write(
        HEAD
        + "presets:\n  night:\n    quality: low\n"
        + "assets: {a.png: {prompt: a red fox at dusk, use: [night]}, b.png: {from: '@a.png', prompt: a hat}}\n"
    )
    assert shell.run("build", "--yes").code == 0
    shell.edit("red fox", "grey wolf")
    shell.edit("quality: low", "quality: high")
    said = shell.run("explain", "a.png", "b.png")
    assert (said.code, said.out) == (
        0,
        """\
a.png#0  pay  $0.04
  changed since it was last bought:
    prompt                 ‘red fox’  →  ‘grey wolf’
    presets.night.quality  low        →  high
  assets/a.png: stale

b.png#0  waits  ≤ $0.04
  waits until 'a.png#0' is bought
  ↳ a.png#0  pay
    changed: prompt ‘red fox’→‘grey wolf’; quality low→high
  assets/b.png: stale
""",
    )


def test_explain_of_a_frozen_asset_says_what_is_behind(shell: Shell) -> None:
    shell.write(HEAD + "assets: {a.png: {prompt: a hen, frozen: true}}\n")
    assert shell.run("build", "--yes").code == 0
    shell.edit("a hen", "a cock")
    assert shell.run("explain", "a.png").out == (
        "a.png#0  held\n  frozen: its request has changed since it was bought:\n    prompt  ‘hen’  →  ‘cock’\n"
        "  help: `pixmake build a.png --update a.png` lets it change, `pixmake accept a.png` binds its\n"
        "        picture to the request as it is now\n"
    )


def test_explain_of_what_is_fresh(shell: Shell) -> None:
    assert shell.run("build", "--yes").code == 0
    assert shell.run("explain", "icons/key.png").out == (
        "icons/key.png#0  fresh\n  bought\n  its request is the one that was bought\n"
    )


def test_explain_verbose_shows_whole_prompts(shell: Shell) -> None:
    shell.edit("a heart", '"a heart\\nred\\nbig"')
    assert shell.run("build", "--yes").code == 0
    shell.edit("red", "blue")
    lines = shell.run("explain", "icons/heart.png", "-v").out.splitlines()
    assert "    -red" in lines and "    +blue" in lines


def test_explain_needs_a_selector(shell: Shell) -> None:
    assert shell.run("explain").code == 2


# --- show -------------------------------------------------------------------------------------------------------------


def test_show_tells_all_that_is_known(shell: Shell) -> None:
    shell.write(HEAD + "assets:\n  a.png: {prompt: a hen, tags: [bird], alt: A hen.}\n  b.png: {from: '@a.png'}\n")
    assert shell.run("build", "--yes").code == 0
    text = shell.run("show", "assets/a.png").out
    body = shell.run("show", "a.png", "--json").body["assets"][0]
    result = body["steps"][0]["results"][0]
    assert (
        text
        == f"""\
a.png  assets.yaml:5:3
  size      1024x1024
  tags      bird
  alt       A hen.
  used by   b.png

  step 0  fresh: bought
    by        counting ink-1 1024x1024 medium
    key       {body["steps"][0]["key"][:12]}
    prompt    a hen
    picture 1 {result["digest"][:12]}  picked  png  1024x1024  $0.04  {result["time"][:10]}  ink-1
  file      assets/a.png  fresh
  paid      $0.04
"""
    )
    assert (body["uses"], body["used_by"], body["cost"]) == ([], ["b.png"], "0.04")
    assert result["file"] and result["request_id"] == "req_1"
    assert shell.run("show", "b.png", "--json").body["assets"][0]["uses"] == ["@a.png"]


def test_show_prompt_is_the_text_alone(shell: Shell) -> None:
    assert shell.run("show", "icons/key.png", "--prompt").out == "an old brass key\n"
    assert shell.run("show", "icons/*", "--prompt").out == (
        "=== icons/heart.png#0\na heart\n\n=== icons/key.png#0\nan old brass key\n"
    )
    assert shell.run("show", "icons/*", "--prompt", "-o", "texts").code == 0
    assert (shell.root / "texts/icons/key.png.0.txt").read_text() == "an old brass key\n"


def test_show_prompt_has_the_roles(shell: Shell) -> None:
    shell.picture("ref.png")
    shell.write(HEAD + "assets: {a.png: {prompt: a hen, references: [{path: ref.png, role: line weight}]}}\n")
    assert shell.run("show", "a.png", "--prompt").out == "Image 1: line weight.\n\na hen\n"


def test_show_output_without_prompt_is_a_mistake(shell: Shell) -> None:
    assert shell.run("show", "icons/key.png", "-o", "x").code == 2


def test_preview_draws_two_pixels_a_character(shell: Shell) -> None:
    shell.picture("art.png", (16, 16))
    shell.write("version: 1\nassets: {a.png: {from: art.png, size: 16x16}}\n")
    assert shell.run("build").code == 0
    lines = [line for line in shell.run("show", "a.png", "--preview").out.splitlines() if "▀" in line]
    assert len(lines) == 32 and all(line.count("▀") == 64 and line.endswith("\x1b[0m") for line in lines)


def test_preview_of_what_is_not_there(shell: Shell) -> None:
    said = shell.run("show", "icons/key.png", "--preview")
    assert said.code == 0 and "icons/key.png: there is no picture yet" in said.err


def test_open_without_a_viewer(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shell.run("build", "--yes").code == 0
    monkeypatch.setenv("PATH", str(shell.folder))
    assert shutil.which("xdg-open") is None
    said = shell.run("show", "icons/key.png", "--open")
    assert said.code == 1 and said.err.startswith("error[no-viewer]: there is no '")


def test_open_hands_over_the_output(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shell.run("build", "--yes").code == 0
    opened = shell.folder / "opened"
    program = shell.folder / "bin/xdg-open"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$1" > "{opened}.new"; mv "{opened}.new" "{opened}"\n')
    program.chmod(0o755)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    assert shell.run("show", "icons/key.png", "--open").code == 0
    for _ in range(500):
        if opened.exists():
            break
        import time

        time.sleep(0.01)
    assert opened.read_text() == f"{shell.root}/assets/icons/key.png\n"
