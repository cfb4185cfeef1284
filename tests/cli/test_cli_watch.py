"""The command `watch` as people and scripts run it: a real process, a real terminal, keys and signals."""

from __future__ import annotations

import fcntl
import json
import os
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from fakes.counting import entry_point
from pixmake.cli.formats import json_schema
from pixmake.cli.main import main

SPEC = """\
version: 1
providers: {counting: {type: counting}}
defaults: {provider: counting, model: any, size: 1024x1024}
assets:
  heart: a heart
  small: {provider: draft, size: 32x32, prompt: an apple}
"""
PATIENCE = 20.0
PIXMAKE = [sys.executable, "-m", "pixmake", "watch"]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "assets.yaml").write_text(SPEC)
    paths = [str(entry_point(tmp_path / "entry")), str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.setenv("PIXMAKE_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("COUNTING_LOG", str(tmp_path / "calls"))
    monkeypatch.setenv("NO_COLOR", "1")
    return root


def edit(root: Path, old: str, new: str) -> None:
    text = (root / "assets.yaml").read_text("utf-8")
    assert old in text
    (root / "assets.yaml").write_text(text.replace(old, new), "utf-8")


class Terminal:
    """A process in a terminal of its own; `shown` is all that it wrote there."""

    def __init__(self, process: subprocess.Popen[bytes], side: int) -> None:
        self.process, self.side, self.shown = process, side, ""

    def until(self, text: str) -> None:
        self.wait(lambda: text in self.shown)

    def wait(self, true: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < end, self.shown
            if select.select([self.side], [], [], 0.05)[0]:
                self.shown += os.read(self.side, 4096).decode().replace("\r\n", "\n")

    def type(self, text: str) -> None:
        os.write(self.side, text.encode())

    def end(self) -> int:
        return self.process.wait(PATIENCE)


@contextmanager
def terminal(root: Path, *options: str) -> Iterator[Terminal]:
    side, inside = os.openpty()
    try:
        process = subprocess.Popen(
            [*PIXMAKE, *options],
            cwd=root,
            stdin=inside,
            stdout=inside,
            stderr=inside,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # Ctrl-C typed there is a signal here
        )
        try:
            yield Terminal(process, side)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
    finally:
        os.close(side)
        os.close(inside)


def timeless(text: str) -> str:
    """What was shown, without times and the long list of keys."""
    text = re.sub(r"keys here: .*", "keys here: …", text)
    return re.sub(r"\d+ ms|\d+\.\d s", "N ms", text)


def test_what_a_person_sees_and_types(root: Path) -> None:
    with terminal(root) as shown:
        modes = termios.tcgetattr(shown.side)[3]
        shown.until("watching 2 assets")
        edit(root, "an apple", "a pear")
        shown.until("assets.yaml: ")
        edit(root, "prompt: a pear", "promt: a pear")
        shown.until("help: ")
        edit(root, "promt: a pear", "prompt: a plum")
        shown.until("in order again")
        shown.type("p")
        shown.until("nothing waits for money")
        shown.type("q")
        assert shown.end() == 0
        shown.wait(lambda: "in this run" in shown.shown)
        assert termios.tcgetattr(shown.side)[3] == modes
    assert timeless(shown.shown) == (
        "1 file written (assets/small.png) in N ms\n"
        "waits for money: 1 image for heart, $0.04 — p buys, q quits\n"
        "watching 2 assets — q quits\n"
        "assets.yaml: 1 file written (assets/small.png) in N ms\n"
        "assets.yaml:6:41: error[unknown-key]: unknown key 'promt'\n"
        "    6 |   small: {provider: draft, size: 32x32, promt: a pear}\n"
        "      |                                         ^^^^^\n"
        "help: did you mean 'prompt'? keys here: …\n"
        "assets.yaml: the spec is in order again, 1 file written (assets/small.png) in N ms\n"
        "1 file written (assets/heart.png), paid $0.04 in N ms\n"
        "nothing waits for money\n"
        "paid $0.04 in this run\n"
    )
    assert len((root.parent / "calls").read_text().splitlines()) == 1


def test_control_c_ends_with_130(root: Path) -> None:
    with terminal(root) as shown:
        shown.until("watching 2 assets")
        shown.type("\x03")
        assert shown.end() == 130
        assert "Traceback" not in shown.shown


def test_without_a_terminal_it_runs_until_it_is_told_to_end(root: Path) -> None:
    process = subprocess.Popen(
        [*PIXMAKE, "--max-cost", "0.05", "--json"],
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = [json.loads(process.stdout.readline())]
    while lines[-1].get("event") != "paid-pending" or lines[-1]["assets"]:
        lines.append(json.loads(process.stdout.readline()))
    process.terminate()
    rest, said = process.communicate(timeout=PATIENCE)
    lines += [json.loads(line) for line in rest.splitlines()]
    assert (process.returncode, said) == (0, "")
    assert lines[0] == {"format": "pixmake.watch/1"}
    schema = Draft202012Validator(json_schema("watch"))
    for line in lines:
        schema.validate(line)
        assert line.pop("format") == "pixmake.watch/1"
        assert not schema.is_valid({"format": "pixmake.watch/1", **line, "more": 1})
    assert lines[-1] == {"event": "watch-ended", "spent": "0.04", "reserved": "0", "exit_code": 0}
    pending = [line for line in lines if line.get("event") == "paid-pending"]
    assert pending[0] == {
        "event": "paid-pending",
        "assets": ["heart"],
        "images": 1,
        "low": "0.04",
        "high": "0.04",
        "unpriced": 0,
        "failed": [],
        "left": "0.05",
    }
    assert (pending[-1]["assets"], pending[-1]["left"]) == ([], "0.01")


def test_what_this_version_can_not_do_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "-f", str(root / "assets.yaml"), "--gallery"]) == 2
    assert capsys.readouterr().err == (
        "error[not-yet]: this version can't do '--gallery' yet\nhelp: take '--gallery' out for now\n"
    )


def test_a_selector_that_matches_nothing_is_told_at_once(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "assets.yaml").write_text(SPEC.replace("counting", "draft"))
    assert main(["watch", "-f", str(root / "assets.yaml"), "haert"]) == 2
    assert "error[no-match]: the selector 'haert' matches nothing" in capsys.readouterr().err
