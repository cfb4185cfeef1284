"""CLI room: `pixmake init`: a working small project, or a spec over data that is there. Never overwrites, never asks."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import click

from pixmake.cli.console import Console, counted
from pixmake.cli.options import common_options, with_session
from pixmake.cli.session import Session
from pixmake.diagnostics import ExitCode, problem
from pixmake.values import dataclass

SPEC = "assets.yaml"
SCHEMA = "assets.schema.json"
WORKFLOW = ".github/workflows/pictures.yml"
LINES = {".gitignore": ".pixmake/", ".gitattributes": "assets.lock merge=union"}
"""Files that may be there already, and the line that they must have."""
NEXT = "pixmake build --draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What happened to one file: `written` anew, `extended` by a line, or `kept` as it was."""

    path: str
    state: str


@click.command(name="init")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option(
    "--from", "source", metavar="FILE", type=click.Path(path_type=Path), help="Write the spec over this data."
)
@common_options
@with_session
def command(session: Session, folder: Path, source: Path | None) -> int:
    """Make a working small project in DIR (default: here).

    --from FILE takes a csv, json or jsonl file, a folder of Markdown or a folder of pictures, and writes a spec over it.
    Files that exist are kept.
    """
    from pixmake.spec.load import load

    _refuse_taken(folder)
    if source is None:
        texts, summary = _starter(), None
    else:
        texts, summary = _over(source, folder)
    folder.mkdir(parents=True, exist_ok=True)
    deeds = [_write(folder, path, text) for path, text in texts.items()]
    deeds += [_extend(folder, path, line) for path, line in LINES.items()]
    spec = load(folder / SPEC)
    if session.console.json:
        session.console.document(_document(folder, deeds, summary, len(spec.assets)))
    else:
        _tell(session.console, folder, deeds, summary, len(spec.assets))
    return ExitCode.DONE


def _refuse_taken(folder: Path) -> None:
    """Raises Problem where a project is already, or where no folder can be."""
    if folder.exists() and not folder.is_dir():
        raise problem("init-taken", f"'{folder}' is a file", help="name a folder: pixmake init art")
    if os.path.lexists(folder / SPEC):
        place = SPEC if folder == Path() else f"{folder}/{SPEC}"
        raise problem("init-taken", f"'{place}' is there already", help="edit it, or name another folder")


# --- what is written ---------------------------------------------------------------------------------------------------


def _starter() -> dict[str, str]:
    """The starter project's files by their paths."""
    own = files("pixmake.cli").joinpath("starter")
    return {
        SPEC: own.joinpath("assets.yaml").read_text("utf-8"),
        "templates/icon.j2": own.joinpath("templates", "icon.j2").read_text("utf-8"),
        **_surroundings(),
    }


def _surroundings() -> dict[str, str]:
    from pixmake.spec.schema import json_schema

    workflow = files("pixmake.cli").joinpath("starter", "pictures.yml").read_text("utf-8")
    return {SCHEMA: json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n", WORKFLOW: workflow}


def _over(source: Path, folder: Path) -> tuple[dict[str, str], dict[str, object]]:
    from pixmake.cli.init_from import spec_over

    made = spec_over(Path(os.path.abspath(source)), Path(os.path.abspath(folder)))
    summary: dict[str, object] = {
        "path": str(source),
        "kind": made.kind,
        "rows": made.rows,
        "guesses": [
            {"field": item.field, "text": item.text, "columns": list(item.columns), "reason": item.reason}
            for item in made.guesses
        ],
        "skipped": [{"path": path, "reason": reason} for path, reason in made.skipped],
    }
    return {SPEC: made.text, **_surroundings()}, summary


def _write(folder: Path, path: str, text: str) -> Deed:
    """Writes a new file; one that is there stays."""
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(target, "x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError:
        return Deed(path=path, state="kept")
    return Deed(path=path, state="written")


def _extend(folder: Path, path: str, line: str) -> Deed:
    """Sees to it that a file has a line, without touching the others."""
    target = folder / path
    try:
        old = target.read_bytes()
    except FileNotFoundError:
        return _write(folder, path, line + "\n")
    if line.encode() in (item.strip() for item in old.splitlines()):
        return Deed(path=path, state="kept")
    gap = b"" if not old or old.endswith(b"\n") else b"\n"
    with open(target, "ab") as stream:
        stream.write(gap + line.encode() + b"\n")
    return Deed(path=path, state="extended")


# --- what is said --------------------------------------------------------------------------------------------------------


def _document(folder: Path, deeds: Iterable[Deed], summary: dict[str, object] | None, assets: int) -> dict[str, object]:
    """`pixmake.init/1`."""
    return {
        "format": "pixmake.init/1",
        "folder": folder.as_posix(),
        "files": [{"path": deed.path, "state": deed.state} for deed in deeds],
        "source": summary,
        "assets": assets,
        "next": _next(folder),
    }


def _tell(
    console: Console, folder: Path, deeds: Iterable[Deed], summary: dict[str, object] | None, assets: int
) -> None:
    console.out(*(f"{deed.state:8}  {(folder / deed.path).as_posix()}" for deed in deeds))
    skipped = summary["skipped"] if summary else []
    assert isinstance(skipped, list)
    console.fail(*(f"skipped   {item['path']}: {item['reason']}" for item in skipped))
    console.say(f"{counted(assets, 'asset')}, nothing bought", f"next: {_next(folder)}")


def _next(folder: Path) -> str:
    import shlex

    return NEXT if folder == Path() else f"cd {shlex.quote(str(folder))} && {NEXT}"
