"""How every run ends: exit codes, usage errors, our own bugs; what a start imports; where the project is found."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from fakes.shell import SPEC, Shell
from pixmake.cli import build as declared
from pixmake.cli import building
from pixmake.cli import commands as cli
from pixmake.cli.crash import report
from pixmake.cli.main import main
from pixmake.cli.quick import PLAIN
from pixmake.cli.session import Session
from pixmake.diagnostics import problem

TESTS = Path(__file__).parents[1]
HEAVY = ("yaml", "jinja2", "pydantic", "PIL", "openai", "rich", "diskcache", "asyncio", "watchdog")


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["-h"], ["nosuch"]])
def test_a_start_imports_nothing_heavy(words: list[str]) -> None:
    program = (
        "import sys; from pixmake.cli.main import main; main(sys.argv[1:]); "
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


def test_the_version(shell: Shell) -> None:
    said = shell.run("--version")
    assert (said.code, said.out, said.err) == (0, "pixmake 0.1.0\n", "")


def test_help_has_each_command_with_its_sentence(shell: Shell) -> None:
    said = shell.run("--help")
    assert said.code == 0
    assert [name for name, (_, summary) in cli.COMMANDS.items() if f"  {name:<9} {summary}" not in said.out] == []


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_each_command_has_help_and_the_common_options(shell: Shell, name: str) -> None:
    said = shell.run(name, "--help")
    assert said.code == 0
    assert [
        option for option in ("--file", "--profile", "--json", "--quiet", "--verbose") if option not in said.out
    ] == []


def test_an_unknown_command_names_the_nearest(shell: Shell) -> None:
    said = shell.run("staus")
    assert said.code == 2
    assert said.err == (
        "error[unknown-command]: no command is called 'staus'\n"
        f"help: did you mean 'status'? commands: {', '.join(cli.COMMANDS)}\n"
    )


@pytest.mark.parametrize("name", ["gallery", "report"])
def test_commands_of_later_versions_are_unknown(shell: Shell, name: str) -> None:
    assert shell.run(name).code == 2


def test_an_unknown_option_names_the_nearest(shell: Shell) -> None:
    said = shell.run("build", "--max-cots", "1")
    assert (said.code, said.err) == (
        2,
        "error[usage]: no such option '--max-cots'\nhelp: did you mean --max-cost? see `pixmake build --help`\n",
    )


def test_errors_with_json_are_one_document(shell: Shell) -> None:
    for words in (["plan", "nosuch", "--json"], ["--json", "nosuch"], ["build", "--json", "-j", "x"]):
        said = shell.run(*words)
        assert said.code == 2 and said.err == ""
        assert said.body["format"] == "pixmake.error/1" and said.body["exit_code"] == 2
        assert len(said.body["problems"]) == 1


def test_a_selector_that_matches_nothing(shell: Shell) -> None:
    said = shell.run("plan", "icons/hart.png")
    assert (said.code, said.err.splitlines()[0]) == (
        2,
        "error[no-match]: the selector 'icons/hart.png' matches nothing",
    )
    assert "did you mean 'icons/heart.png'?" in said.err


def test_bare_pixmake_counts_by_state(shell: Shell) -> None:
    said = shell.run()
    assert (said.code, said.out, said.err) == (0, "2  pay  to be bought\n", "next: pixmake build --max-cost 0.08\n")
    assert shell.run("--json").body["by_state"] == {"pay": 2}


# --- a plain build, which needs no click ------------------------------------------------------------------------------

FLAGS = sorted(PLAIN["build"])
PLAIN_LINES = [list(flags) for count in range(len(FLAGS) + 1) for flags in itertools.combinations(FLAGS, count)]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What `build` is told to do, instead of doing it; an exception in front is raised."""
    told: list[object] = []

    def run(session: Session, selectors: tuple[str, ...], wishes: building.Wishes) -> int:
        if told and isinstance(told[0], BaseException):
            raise told[0]
        told.append((session, selectors, wishes))
        return 0

    monkeypatch.setattr(building, "run", run)
    monkeypatch.setattr(declared, "run", run)
    return told


@pytest.mark.parametrize("flags", PLAIN_LINES)
def test_a_plain_build_is_what_click_reads(heard: list[object], flags: list[str]) -> None:
    standing = ("/somewhere", (1, 2, 3, 4))
    assert main(["build", *flags], standing) == cli.run(["build", *flags], standing) == 0
    ours, theirs = heard
    assert ours == theirs


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), EOFError(), OSError(28, "full", "a"), problem("a", "b"), ValueError("x")]
)
def test_it_ends_as_any_other(shell: Shell, heard: list[object], error: BaseException) -> None:
    heard.append(error)
    ours, theirs = shell.run("build"), shell.run("build", "--keep-going")
    assert (ours.code, ours.out) == (theirs.code, theirs.out) != (0, "")
    assert re.sub(r"crash-[^']*", "", ours.err) == re.sub(r"crash-[^']*", "", theirs.err) != ""


def test_it_does_without_click(shell: Shell) -> None:
    program = "import sys; from pixmake.cli.main import main; print(main(['build', '--yes']), 'click' in sys.modules)"
    path = os.pathsep.join([str(shell.packages), str(TESTS)])
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        check=True,
    )
    assert done.stdout == "0 False\n"


# --- where the project is ----------------------------------------------------------------------------------------------


def test_a_folder_below_and_paths_from_there(shell: Shell) -> None:
    assert shell.run("build", "--yes").code == 0
    shell.go(shell.root / "assets" / "icons")
    assert shell.run("list").out == "icons/heart.png\nicons/key.png\n"
    for text in ("key.png", "./key.png", "../../assets/icons/key.png", "assets/icons/key.png", "icons/key.png"):
        assert shell.run("list", text).out == "icons/key.png\n", text
    assert shell.run("list", str(shell.root / "assets/icons/key.png")).out == "icons/key.png\n"
    assert shell.run("list", "*.png", "--exclude", "heart.png").out == "icons/key.png\n"
    assert shell.run("plan", "nokey.png").code == 2


def test_another_file(shell: Shell) -> None:
    shell.go(shell.folder / "elsewhere")
    said = shell.run("plan")
    assert (said.code, said.err.splitlines()[0]) == (
        2,
        "error[no-spec]: there is no 'assets.yaml' in this folder or above it",
    )
    said = shell.run("-f", "../project/assets.yaml", "plan")
    assert said.code == 0 and said.err == "next: pixmake build -f ../project/assets.yaml --max-cost 0.08\n"
    assert shell.run("plan", "-f", "../project").out == said.out


def test_profiles_are_seen_before_and_after_the_command(shell: Shell) -> None:
    shell.write(SPEC + "profiles: {web: {defaults: {quality: low}}}\n")
    for words in (["--profile", "web", "plan"], ["plan", "--profile", "web"]):
        said = shell.run(*words)
        assert "1024x1024 low" in said.out
        assert said.err == "next: pixmake build --profile web --max-cost 0.08\n"
    assert shell.run("plan", "--profile", "nosuch").code == 2


# --- bad endings ------------------------------------------------------------------------------------------------------


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """Lets `list` end with the exception that a test puts in here."""
    raised: list[BaseException] = []

    @click.command("list")
    def command() -> None:
        raise raised[0]

    from pixmake.cli import list as module

    monkeypatch.setattr(module, "command", command)
    return raised


def test_our_own_bug_leaves_a_report_without_secrets(shell: Shell, broken: list[BaseException]) -> None:
    shell.environment(STUDIO_KEY="sk-verysecret-1234")
    broken.append(KeyError("no sk-verysecret-1234 here"))
    said = shell.run("list")
    assert said.code == 70
    assert "Traceback" not in said.err
    (file,) = (shell.root / ".pixmake").glob("crash-*.txt")
    text = file.read_text("utf-8")
    assert text.startswith("pixmake ") and "Traceback" in text and "KeyError" in text
    assert "verysecret" not in text + said.err and "[STUDIO_KEY]" in text
    assert str(file) in said.err


def test_the_report_says_versions() -> None:
    lines = report(ValueError("x"), ["plan"], {}).splitlines()
    assert lines[0].startswith("pixmake ") and lines[1].startswith("python 3.")
    assert "pillow 1" in lines[3] and lines[4] == "command: pixmake plan"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (OSError(28, "No space left on device", "assets.lock"), 1),
        (problem("store-busy", "busy", exit_code=6), 6),  # type: ignore[arg-type]
        (RecursionError("too deep"), 70),
    ],
)
def test_what_ends_with_what(shell: Shell, broken: list[BaseException], error: BaseException, code: int) -> None:
    broken.append(error)
    said = shell.run("list")
    assert said.code == code and "Traceback" not in said.err


def test_an_error_of_the_system_names_the_file(shell: Shell, broken: list[BaseException]) -> None:
    broken.append(OSError(28, "No space left on device", "assets.lock"))
    assert shell.run("list").err.splitlines()[0] == "error[system]: 'assets.lock': no space left on device"


def _process(shell: Shell, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(shell.packages), str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, **{name: str(value) for name, value in options.items()}}
    return subprocess.run(
        [sys.executable, "-m", "pixmake", *words], capture_output=True, text=True, env=environment, check=False
    )


def test_a_reader_that_goes_away_is_no_error(shell: Shell) -> None:
    names = "".join(f"  n{number:05}.png: picture {number}\n" for number in range(3000))
    shell.write(SPEC + names)
    path = os.pathsep.join([str(shell.packages), str(TESTS)])
    line = f"{sys.executable} -m pixmake list | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, check=True
    )
    assert (done.stdout, done.stderr) == ("icons/heart.png\n0\n", "")


def test_a_stream_that_has_no_arrows(shell: Shell) -> None:
    done = _process(shell, "plan", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert done.stdout.startswith("pay ? to be bought\n")


def test_completion_knows_commands_and_assets(shell: Shell) -> None:
    def complete(words: str, place: int) -> list[str]:
        done = _process(shell, _PIXMAKE_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=place)
        return [line.partition(",")[2] for line in done.stdout.splitlines()]

    assert complete("pixmake sta", 1) == ["status"]
    assert complete("pixmake plan icons/k", 2) == ["icons/key.png"]
    for verb in ("pick", "reroll", "accept", "adopt", "mask"):
        assert complete(f"pixmake {verb} icons/h", 2) == ["icons/heart.png"]
    assert complete("pixmake pick icons/key.png#", 2) == ["icons/key.png#0"]
    for verb in ("freeze", "unfreeze", "restore", "forget", "costs"):
        assert complete(f"pixmake {verb} icons/k", 2) == ["icons/key.png"]


def test_completion_of_forget_knows_orphans(shell: Shell) -> None:
    assert shell.run("build", "--yes").code == 0
    shell.edit("  icons/key.png: an old brass key\n", "")
    words = {"_PIXMAKE_COMPLETE": "bash_complete", "COMP_WORDS": "pixmake forget icons/k", "COMP_CWORD": "2"}
    assert _process(shell, **words).stdout == "plain,icons/key.png\n"


def test_json_says_nothing_else(shell: Shell) -> None:
    assert json.loads(_process(shell, "list", "--json").stdout)["assets"] == ["icons/heart.png", "icons/key.png"]
