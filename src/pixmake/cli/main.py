"""CLI room: how every run ends, whatever happens in it. Only where a command line needs to be read is click loaded."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence

from pixmake.cli.console import Console
from pixmake.cli.quick import PLAIN, Standing
from pixmake.cli.session import Session
from pixmake.diagnostics import Diagnostic, ExitCode, Problem, worst
from pixmake.garbage import uncollected


def main(arguments: Sequence[str] | None = None, standing: Standing | None = None) -> int:
    """Runs one command; returns its exit code. Nothing is ever raised. `standing`: what was already looked at."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _steady_streams()
    warnings.filterwarnings("ignore", module=r"PIL\.")
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # to find any, it reads about all installed packages
    console = Console(json="--json" in words, quiet=True)
    try:
        return _build(words[1:], standing) if _is_plain(words) else _command(words, standing)
    except Problem as trouble:
        return _report(console, trouble.diagnostics, trouble.exit_code)
    except KeyboardInterrupt:
        console.fail("interrupted")
        return ExitCode.INTERRUPTED
    except OSError as error:
        return _report(console, [_system(error)], ExitCode.FAILED)
    except Exception as error:
        return _report(console, [_bug(error, words)], ExitCode.BUG)


def _is_plain(words: Sequence[str]) -> bool:
    """Whether this is `build` with flags that say but yes or no: what is typed most needs no reading."""
    return words[:1] == ["build"] and set(words[1:]) <= PLAIN["build"]


def _build(flags: Sequence[str], standing: Standing | None) -> int:
    """`build` as click would call it."""
    with uncollected():
        from pixmake.cli.building import Wishes, run
    session = Session(console=Console(quiet="--quiet" in flags), standing=standing)
    wishes = Wishes(yes="--yes" in flags, locked="--locked" in flags, offline="--offline" in flags)
    try:
        return run(session, (), wishes)
    except (EOFError, KeyboardInterrupt):
        sys.stderr.write("\n")  # behind the ^C that a terminal shows
        raise KeyboardInterrupt from None


def _command(words: Sequence[str], standing: Standing | None) -> int:
    with uncollected():
        from pixmake.cli.commands import run
    return run(words, standing)


def _steady_streams() -> None:
    """A terminal or file that can't show a character gets a question mark, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _report(console: Console, diagnostics: Sequence[Diagnostic], code: ExitCode) -> int:
    """The one way errors leave: rendered on stderr, or with --json as one document on stdout."""
    if console.json:
        console.document(error_document(diagnostics, code))
    else:
        console.errors(diagnostics)
    return worst([int(code)])


def error_document(diagnostics: Sequence[Diagnostic], code: int) -> dict[str, object]:
    """`pixmake.error/1`."""
    problems = [item.to_json() for item in diagnostics]
    return {"format": "pixmake.error/1", "exit_code": int(code), "problems": problems}


def _system(error: OSError) -> Diagnostic:
    words = (error.strerror or str(error) or type(error).__name__).lower()
    place = f"'{os.fspath(error.filename)!s}': " if isinstance(error.filename, str | os.PathLike) else ""
    return Diagnostic(code="system", message=f"{place}{words}", help="mend that, and run the same command again")


def _bug(error: Exception, words: Sequence[str]) -> Diagnostic:
    from pixmake.cli.crash import write_report
    from pixmake.secrecy import without_secrets

    message = without_secrets(f"pixmake itself failed: {type(error).__name__}: {error}", os.environ)
    place = write_report(error, words, _folder())
    remedy = f"nothing that was bought is lost; please report it with the file '{place}'" if place else None
    return Diagnostic(code="bug", message=message, help=remedy)


def _folder() -> str | None:
    """The project's folder, where there is one."""
    try:
        return str(Session().spec_file().parent)
    except (Problem, OSError):
        return None
