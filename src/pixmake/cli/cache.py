"""CLI room: `cache`: the store of paid originals: where it is, what it holds, whether every byte is right."""

from __future__ import annotations

import os
from collections import Counter
from decimal import Decimal
from pathlib import Path

import click

from pixmake.cli.console import counted
from pixmake.cli.options import common_options, with_session
from pixmake.cli.session import Session
from pixmake.diagnostics import Diagnostic, ExitCode, Problem, did_you_mean, problem, worst
from pixmake.digest import decimal_text
from pixmake.plan.entries import usd
from pixmake.store.home import Store, open_store
from pixmake.store.records import Intent, Outcome, decode_or_none


class Nested(click.Group):
    """A command of several: says what there is, for a word that is none of it."""

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.commands:
            near = did_you_mean(args[0], self.commands)
            remedy = (f"did you mean '{near}'? " if near else "") + f"commands: {', '.join(self.commands)}"
            raise problem("unknown-command", f"no command is called '{self.name} {args[0]}'", help=remedy)
        return super().resolve_command(context, args)


@click.group("cache", cls=Nested, no_args_is_help=True)
@common_options
def command() -> None:
    """The store of paid originals, shared by all projects of a user."""


def store_of(session: Session) -> Store:
    """The project's store; outside of any project the user's own. Raises Problem."""
    try:
        session.spec_file()
    except Problem:
        return open_store(None, project_root=Path.cwd(), spec_store=None, env=os.environ)
    return session.project.store


@command.command("path")
@common_options
@with_session
def path(session: Session) -> int:
    """Where the store is."""
    root = store_of(session).root
    if session.console.json:
        session.console.document({"format": "pixmake.cache-path/1", "path": str(root), "exists": root.is_dir()})
    else:
        session.console.out(str(root))
    return 0


@command.command("info")
@common_options
@with_session
def info(session: Session) -> int:
    """What the store holds, and what was paid for it."""
    store = store_of(session)
    sizes = [store.content.size(digest) or 0 for digest in store.content.digests()]
    records = [record for record in map(decode_or_none, store.journal.read().lines) if record is not None]
    paid = sum((item.cost or Decimal(0) for item in records if isinstance(item, Outcome)), Decimal(0))
    kinds = Counter(type(item) for item in records)
    body = {
        "format": "pixmake.cache-info/1",
        "path": str(store.root),
        "originals": len(sizes),
        "bytes": sum(sizes),
        "calls": kinds[Intent],
        "unknown": len(store.results.unknown()),
        "paid": decimal_text(paid),
        "damaged_lines": len(store.results.damage),
    }
    if session.console.json:
        session.console.document(body)
        return 0
    session.console.out(
        f"store      {store.root}",
        f"originals  {len(sizes)}, {_mebibytes(sum(sizes))}",
        f"calls      {body['calls']}, {body['unknown']} without a usable answer",
        f"paid       {usd(paid)}",
    )
    session.console.errors(store.results.damage)
    return 0


def _mebibytes(count: int) -> str:
    return f"{count / (1 << 20):.1f} MiB"


@command.command("verify")
@common_options
@with_session
def verify(session: Session) -> int:
    """Re-hash every stored picture; damaged ones are moved aside. Exit 8 for damage, 5 for what is nowhere."""
    store = store_of(session)
    store.results.replay()
    checked, damaged = 0, []
    for item in store.content.verify():
        checked += 1
        if item.state == "corrupt":
            damaged.append({"digest": item.digest, "moved_to": str(store.content.quarantine(item.digest))})
    missing = missing_originals(store)
    problems = [*store.results.damage, *(_damage(item["digest"], item["moved_to"]) for item in damaged)]
    codes = [ExitCode.INTEGRITY] * bool(problems) + [ExitCode.PERSON] * bool(missing)
    if session.console.json:
        body = {"format": "pixmake.cache-verify/1", "checked": checked, "damaged": damaged, "missing": missing}
        session.console.document(body | {"problems": [item.to_json() for item in store.results.damage]})
    else:
        session.console.out(f"{counted(checked, 'original')} checked, {len(damaged)} damaged, {len(missing)} missing")
        session.console.out(*(f"missing: {digest}" for digest in missing))
    session.console.errors(problems)
    return worst(codes)


def missing_originals(store: Store) -> list[str]:
    """Digests of pictures that the journal says were bought and whose bytes the store lacks."""
    records = map(decode_or_none, store.journal.read().lines)
    bought = (result.digest for record in records if isinstance(record, Outcome) for result in record.results)
    return [digest for digest in dict.fromkeys(bought) if not store.content.has(digest)]


def _damage(digest: str, place: str) -> Diagnostic:
    return Diagnostic(
        code="corrupt-original",
        message=f"the original '{digest}' no longer has the bytes that were bought; it was moved to '{place}'",
        help="put the file from a backup into the store's cas/ folder; the next build finds it",
    )
