"""CLI room: `doctor`: what is set up and what is not, each with its remedy. It sends nothing that costs, and writes nothing."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from pixmake import __version__
from pixmake.cli.console import Console, counted
from pixmake.cli.options import common_options, with_session
from pixmake.cli.session import Session
from pixmake.cli.table import Cell, lay_out, wrapped
from pixmake.diagnostics import ExitCode, Problem
from pixmake.providers.models import table
from pixmake.providers.openai.provider import OpenAIProvider
from pixmake.store.home import Store, open_store
from pixmake.values import dataclass

if TYPE_CHECKING:
    from pixmake.build.project import Project

State = Literal["ok", "warning", "error"]
MARKS: dict[State, tuple[str, str]] = {"ok": ("ok", "green"), "warning": ("note", "yellow"), "error": ("wrong", "red")}
ENOUGH = 1 << 30
"""Bytes that should be free for the store: a few dozen of the largest pictures."""
LEAST_KEY = 20
"""Characters; OpenAI's keys are longer by far."""
MOST_SKEW = 120.0
"""Seconds between two clocks that matter to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at: what it is, how it stands, and what to do about it."""

    name: str
    state: State
    message: str
    help: str | None = None

    def to_json(self) -> dict[str, object]:
        return {"name": self.name, "state": self.state, "message": self.message, "help": self.help}


@click.command("doctor")
@click.option("--offline", is_flag=True, help="Ask no server whether it takes the key.")
@common_options
@with_session
def command(session: Session, offline: bool) -> int:
    """What is set up: versions, spec, keys, servers, clock, store, codecs. Each trouble with its remedy.

    Works without a network, a key or a project. Servers are asked one free question, whether they know a model; no
    picture is asked for. Exit 1 where something is wrong.
    """
    found = list(_checks(session, offline))
    code = ExitCode.FAILED if any(item.state == "error" for item in found) else ExitCode.DONE
    if session.console.json:
        checks = [item.to_json() for item in found]
        session.console.document({"format": "pixmake.doctor/1", "checks": checks, "exit_code": int(code)})
    else:
        session.console.out(*_lines(session.console, found))
    return code


def _lines(console: Console, found: Iterable[Check]) -> list[str]:
    lines: list[str] = []
    for item in found:
        word, style = MARKS[item.state]
        row = [Cell(f"{word:5}", style), Cell(f"{item.name:9}"), Cell(item.message)]
        lines += lay_out([row], console.paint, console.width(), indent=0)
        if item.help:
            lines += wrapped(item.help, console.width(), " " * 18, " " * 18)
    return lines


def _checks(session: Session, offline: bool) -> Iterator[Check]:
    yield Check(
        name="version",
        state="ok",
        message=f"pixmake {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}",
    )
    project, spec = _spec(session)
    yield spec
    if project is not None:
        yield from _lock(project)
    yield from _providers(project, offline)
    yield from _store(project)
    yield from _codecs()


# --- the project ------------------------------------------------------------------------------------------------------


def _spec(session: Session) -> tuple[Project | None, Check]:
    try:
        file = session.spec_file()
    except Problem:
        message = "no assets.yaml in this folder or above it"
        return None, Check(name="spec", state="warning", message=message, help="`pixmake init` writes one")
    try:
        project = session.project
    except Problem as trouble:
        first = trouble.diagnostics[0]
        message = f"{file.name}: {counted(len(trouble.diagnostics), 'problem')}, the first: {first.message}"
        return None, Check(name="spec", state="error", message=message, help="`pixmake check` shows all of them")
    message = f"{project.file.name}: {counted(len(project.assets), 'asset')}"
    return project, Check(name="spec", state="ok", message=message)


def _lock(project: Project) -> Iterator[Check]:
    """Whether a merge of two branches keeps both sides' lines of the lock."""
    top = next((folder for folder in (project.root, *project.root.parents) if (folder / ".git").exists()), None)
    if top is None:
        return
    folders = [project.root, *(folder for folder in project.root.parents if folder == top or top in folder.parents)]
    if any("assets.lock" in _text(folder / ".gitattributes") for folder in folders):
        yield Check(name="git", state="ok", message="assets.lock merges by lines")
        return
    yield Check(
        name="git",
        state="warning",
        message="two branches that both bought will conflict in assets.lock",
        help="add the line 'assets.lock merge=union' to .gitattributes",
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


# --- providers --------------------------------------------------------------------------------------------------------


def _providers(project: Project | None, offline: bool) -> Iterator[Check]:
    """Those that the spec's steps use; OpenAI where there is none."""
    if project is None:
        yield from _server("openai", OpenAIProvider({}), None, offline)
        return
    used = dict.fromkeys(step.provider for asset in project.assets for step in asset.steps)
    for name in used:
        provider = project.providers.get(name)
        models = [step.model for asset in project.assets for step in asset.steps if step.provider == name]
        if isinstance(provider, OpenAIProvider):
            yield from _server(name, provider, next(filter(None, models), None), offline)
        elif provider is not None:
            obstacle = provider.obstacle()
            state: State = "ok" if obstacle is None else "error"
            yield Check(name=name, state=state, message=obstacle or ("draws for free" if provider.free else "ready"))


def _server(name: str, provider: OpenAIProvider, model: str | None, offline: bool) -> Iterator[Check]:
    """Key, address and, by one free question, whether that server takes that key."""
    obstacle = provider.obstacle()
    if obstacle is not None:
        yield Check(name=name, state="error", message=obstacle)
        return
    yield _key(name, provider)
    if offline:
        return
    alive = next(known for known, row in table().items() if row.limits.retired is None)
    yield from _asked(name, provider, model or alive)


def _key(name: str, provider: OpenAIProvider) -> Check:
    """Of a key only its length is told."""
    address = provider.address()
    if address.key_name is None:
        return Check(name=name, state="ok", message=f"{address.host}, without a key")
    message = f"{address.host}, key in {address.key_name} ({len(address.key)} characters)"
    if address.host == "api.openai.com" and not (address.key.startswith("sk-") and len(address.key) >= LEAST_KEY):
        remedy = "a key of OpenAI begins with sk- and is longer than 20 characters: copy it again"
        return Check(name=name, state="warning", message=f"{message} does not look like one", help=remedy)
    return Check(name=name, state="ok", message=message)


def _asked(name: str, provider: OpenAIProvider, model: str) -> Iterator[Check]:
    found = asyncio.run(provider.probe(model))
    host = provider.address().host
    if found.trouble is None:
        remedy = (
            "GPT Image models may need a verified organization: a first purchase tells"
            if host == "api.openai.com"
            else None
        )
        yield Check(name=name, state="ok", message=f"{host} takes the key and has '{model}'", help=remedy)
    elif found.reached:
        yield Check(name=name, state="error", message=found.trouble, help=found.help)
    else:
        remedy = "without a network everything but buying works; --draft makes free drafts"
        yield Check(name=name, state="warning", message=found.trouble, help=remedy)
    if found.skew is not None and abs(found.skew) > MOST_SKEW:
        word = "behind" if found.skew > 0 else "ahead of"
        message = f"this machine's clock is {abs(found.skew) / 60:.0f} minutes {word} {host}'s"
        yield Check(name="clock", state="warning", message=message, help="set it: daily budgets and waits go by it")
    elif found.skew is not None:
        yield Check(name="clock", state="ok", message=f"as {host}'s")


# --- store and codecs -------------------------------------------------------------------------------------------------


def _store(project: Project | None) -> Iterator[Check]:
    """The project's store; without a readable project the user's own."""
    try:
        store = project.store if project else open_store(None, project_root=Path.cwd(), spec_store=None, env=os.environ)
        damage = store.results.damage
    except Problem as trouble:
        first = trouble.diagnostics[0]
        yield Check(name="store", state="error", message=first.message, help=first.help)
        return
    yield _place(store)
    count = sum(1 for _ in store.content.digests())
    if count:
        yield Check(
            name="copies",
            state="warning",
            message=f"{counted(count, 'original')} on this one disk only: what is lost can't be made again",
            help=f"add {store.root} to your backups",
        )
    unknown = len(store.results.unknown())
    if unknown:
        message = f"{counted(unknown, 'call')} without an answer, perhaps billed"
        yield Check(name="calls", state="warning", message=message, help="`pixmake status` lists them")
    for item in damage:
        yield Check(name="journal", state="error", message=item.message, help=item.help)


def _place(store: Store) -> Check:
    there = next(folder for folder in (store.root, *store.root.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    text = f"{store.root}, {free / (1 << 30):.1f} GiB free"
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        remedy = "give your user the right to write there, or name another folder with PIXMAKE_STORE"
        return Check(name="store", state="error", message=f"{store.root} can't be written to", help=remedy)
    if free < ENOUGH:
        return Check(name="store", state="warning", message=text, help="free some space before you buy")
    return Check(
        name="store", state="ok", message=text if store.root.exists() else f"{text}; made by the first purchase"
    )


def _codecs() -> Iterator[Check]:
    from PIL import __version__ as version
    from PIL import features

    missing = [name for name in ("jpg", "webp", "avif", "zlib") if not features.check(name)]
    if missing:
        remedy = f"install a Pillow that carries them: {sys.executable} -m pip install --upgrade pillow"
        yield Check(name="codecs", state="error", message=f"Pillow {version} lacks {', '.join(missing)}", help=remedy)
    else:
        yield Check(name="codecs", state="ok", message=f"PNG, JPEG, WebP, AVIF, GIF by Pillow {version}; SVG by resvg")
    try:
        import resvg_py  # noqa: F401
    except ImportError as error:
        remedy = f"install it: {sys.executable} -m pip install resvg-py"
        yield Check(name="codecs", state="error", message=f"drafts and SVG can't be drawn: {error}", help=remedy)
