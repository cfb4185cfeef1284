"""CLI room: `jobs`: batches and background runs in flight: what they are, waiting for them, ending them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import click

from pixmake.build.collecting import Collector, Standing
from pixmake.build.jobs import Job, jobs_of
from pixmake.cli.cache import Nested
from pixmake.cli.collected import Talk, standing_line
from pixmake.cli.console import Console, counted
from pixmake.cli.options import common_options, session_of, with_session
from pixmake.cli.session import Session
from pixmake.cli.table import Cell, lay_out
from pixmake.diagnostics import ExitCode, problem
from pixmake.digest import decimal_text
from pixmake.plan.entries import usd


@click.group("jobs", cls=Nested, invoke_without_command=True)
@common_options
@click.pass_context
def command(context: click.Context) -> int:
    """Batches and background runs in flight: they go on without us, and every build collects what is done.

    Without a command they are listed.
    """
    return ExitCode.DONE if context.invoked_subcommand is not None else _list(session_of(context))


@command.command("list")
@common_options
@with_session
def listed(session: Session) -> int:
    """What is in flight, by the store's journal and by what the provider says of it. Exit 3 if anything is."""
    return _list(session)


def _list(session: Session) -> int:
    jobs = _jobs(session)
    collector = session.project.collector()
    standings = asyncio.run(_asked(collector, jobs))
    if session.console.json:
        session.console.document(_document(standings))
    else:
        session.console.out(*_lines(session.console, standings))
    if jobs:
        session.console.say(f"next: {session.command_line('jobs', 'wait', selectors=())}")
    return ExitCode.PENDING if jobs else ExitCode.DONE


@command.command("wait")
@common_options
@with_session
def wait(session: Session) -> int:
    """Stay until all of it is done, and collect it. Sends nothing that could cost. Exit 3 for what can't be waited for."""
    talk = Talk(session)
    talk.wait(for_all=True)
    left = _jobs(session)
    if session.console.json:
        session.console.document(_document(asyncio.run(_asked(session.project.collector(), left)), talk))
    elif not left:
        session.console.say("nothing is in flight")
    alone = [job.name for job in left if job.route == "background"]
    session.console.say(*(f"{name}: a build asks after it" for name in alone))
    if talk.total.saved or alone:
        session.console.say(f"next: {session.command_line('build', selectors=())}")
    return ExitCode.PENDING if left else ExitCode.DONE


@command.command("cancel")
@click.argument("names", metavar="[JOB]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that is in flight.")
@common_options
@with_session
def cancel(session: Session, names: tuple[str, ...], everything: bool) -> int:
    """End batches and background runs. What is done by then is delivered and billed; the rest is not done, and not billed."""
    jobs = _named(_jobs(session), names, everything)
    collector = session.project.collector()
    ended = asyncio.run(_cancelled(collector, jobs))
    talk = Talk(session)
    talk.collect()
    left = {job.name for job in _jobs(session)}
    if session.console.json:
        session.console.document(_document(ended, talk))
    else:
        session.console.out(*(standing_line(item) for item in ended))
    return ExitCode.PENDING if any(item.job.name in left for item in ended) else ExitCode.DONE


def _jobs(session: Session) -> list[Job]:
    """All that is under way in the store, background runs too."""
    results = session.project.store.results
    results.refresh()
    return jobs_of(results.underway())


def _named(jobs: Sequence[Job], names: Sequence[str], everything: bool) -> list[Job]:
    """The jobs that the user named. Raises Problem."""
    if everything == bool(names):
        raise click.UsageError("name the jobs to end, or say --all")
    found = {job.name: job for job in jobs}
    unknown = next((name for name in names if name not in found), None)
    if unknown is not None:
        help_text = f"in flight: {', '.join(found)}" if found else "nothing is in flight"
        raise problem("no-job", f"no job in flight is called '{unknown}'", help=help_text)
    return list(jobs) if everything else [found[name] for name in names]


async def _asked(collector: Collector, jobs: Iterable[Job]) -> list[Standing]:
    try:
        return [await collector.standing(job) for job in jobs]
    finally:
        await collector.close()


async def _cancelled(collector: Collector, jobs: Iterable[Job]) -> list[Standing]:
    try:
        return [await collector.cancel(job) for job in jobs]
    finally:
        await collector.close()


def _document(standings: Iterable[Standing], talk: Talk | None = None) -> dict[str, object]:
    return {
        "format": "pixmake.jobs/1",
        "jobs": [_job_json(item) for item in standings],
        "collected": talk.to_json() if talk is not None else None,
    }


def _job_json(item: Standing) -> dict[str, object]:
    job, batch = item.job, item.batch
    return {
        "name": job.name,
        "route": job.route,
        "handle": job.handle,
        "group": job.group,
        "provider": job.provider,
        "time": job.time,
        "calls": len(job.calls),
        "images": job.images,
        "reserved": decimal_text(job.reserved),
        "assets": job.assets,
        "status": batch.status if batch is not None else None,
        "done": batch.completed + batch.failed if batch is not None else None,
        "message": item.message,
    }


def _lines(console: Console, standings: Sequence[Standing]) -> list[str]:
    if not standings:
        return ["nothing is in flight"]
    rows = [
        [
            Cell(item.job.name),
            Cell(item.job.route, "cyan"),
            Cell(counted(item.job.images, "image"), right=True),
            Cell(usd(item.job.reserved), "yellow", right=True),
            Cell(item.job.time[:16].replace("T", " "), "dim"),
            Cell(standing_line(item).partition(": ")[2]),
        ]
        for item in standings
    ]
    return lay_out(rows, console.paint, console.width())
