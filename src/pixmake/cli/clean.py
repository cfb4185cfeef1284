"""CLI room: `clean`: removes what pixmake wrote, and never a file that is not ours. No paid original is lost by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from pathlib import Path, PurePosixPath

import click

from pixmake.build.recording import LOCK_NAME
from pixmake.build.remembering import not_kept
from pixmake.cli.console import counted, folded
from pixmake.cli.options import common_options, exclude_option, selector_argument, with_session
from pixmake.cli.session import Session
from pixmake.diagnostics import ExitCode, problem
from pixmake.plan.planner import Plan
from pixmake.plan.world import World
from pixmake.spec.model import IMAGE_SUFFIXES
from pixmake.store.lockfile import write
from pixmake.values import dataclass


@dataclass(slots=True)
class Cleaning:
    """What was removed, and what was left with the reason."""

    removed: list[str] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)


@click.command("clean")
@selector_argument()
@click.option("--orphans", is_flag=True, help="Only files of assets the spec no longer has, and their lock lines.")
@click.option("--remote-files", "remote", is_flag=True, help="Only what was uploaded to providers as inputs.")
@exclude_option
@common_options
@with_session
def command(session: Session, selectors: tuple[str, ...], orphans: bool, remote: bool) -> int:
    """Remove output files that pixmake wrote. Edited and foreign files stay; bought pictures stay in the store."""
    if remote:
        return _clean_uploads(session, selectors, orphans)
    if orphans and (selectors or session.exclude):
        raise problem("orphans-and-selectors", "orphans are in no spec, so no selector finds them", help="leave it out")
    plan = session.plan(selectors)
    plan.world.lock.require_whole()
    done = Cleaning()
    everything = not selectors and not session.exclude
    paths = orphan_paths(plan) if orphans else [*own_paths(plan), *(orphan_paths(plan) if everything else [])]
    for path in dict.fromkeys(paths):
        _remove(plan.world, path, done, session.allow_outside)
    if orphans:
        done.orphans = _forget(plan)
    _forget_folders(plan.world.root, done.removed)
    warning = not_kept(plan.world.memo.save)
    if warning is not None:
        session.console.warnings([warning])
    _say(session, done)
    return ExitCode.PERSON if done.kept else ExitCode.DONE


def _clean_uploads(session: Session, selectors: tuple[str, ...], orphans: bool) -> int:
    """Uploads belong to a store and an account, not to assets. They would expire by themselves within a week."""
    if selectors or session.exclude or orphans:
        raise click.UsageError("--remote-files is about uploads only: leave selectors and --orphans out")
    removed, left = session.project.remove_uploads()
    if session.console.json:
        kept = [{"path": "uploads", "reason": reason} for reason in left]
        body = {"format": "pixmake.clean/1", "removed": [], "kept": kept, "orphans": [], "remote": removed}
        session.console.document(body)
    else:
        session.console.out(*folded(session.console, removed))
        session.console.say(f"removed {counted(len(removed), 'upload')}")
        for reason in left:
            session.console.fail(f"kept uploads: {reason}")
    return ExitCode.PERSON if left else ExitCode.DONE


def own_paths(plan: Plan) -> list[str]:
    """Output paths of the selected assets: those planned, and those the lock remembers."""
    planned = [item.path for entry in plan.entries for item in entry.outputs]
    names = {asset.name for asset in plan.selected}
    return [*planned, *_locked_paths(plan.world, names)]


def orphan_paths(plan: Plan) -> list[str]:
    """Files that no asset writes now: of lock lines without an asset, and of assets that were renamed or moved.

    The latter are in no lock any more (drafts never were); the local record knows what this profile once wrote.
    """
    taken = {output.path for asset in plan.spec.assets for output in asset.outputs}
    taken |= {item.path for entry in plan.entries for item in entry.outputs}
    taken |= {path for lines in plan.world.lock.lines.values() for line in lines for path in line.outputs}
    lost = [path for path in _locked_paths(plan.world, set(plan.orphans)) if not _is_written(plan, path)]
    return [*lost, *(path for path in plan.world.memo.outputs_of(plan.profile) if path not in taken)]


def _is_written(plan: Plan, path: str) -> bool:
    return any(output.path == path for asset in plan.spec.assets for output in asset.outputs)


def _locked_paths(world: World, names: set[str]) -> list[str]:
    lines = (line for lines in world.lock.lines.values() for line in lines)
    return [path for line in lines if line.asset in names and line.profile == world.profile for path in line.outputs]


def _remove(world: World, path: str, done: Cleaning, outside: bool) -> None:
    """Removes one file if it is ours; where it holds the last copy of a paid picture, the store gets it first."""
    if not outside and not _inside(world.root, path):  # the lock is a text file: its paths are not to be trusted
        done.kept.append((path, "it is not in the project's folder"))
        return
    if PurePosixPath(path).suffix.lower() not in IMAGE_SUFFIXES:  # pixmake writes pictures: no such file is its own
        done.kept.append((path, "it is no picture"))
        return
    digest = world.standing(path)
    if digest is None:
        return
    if not world.owns(path):
        done.kept.append((path, "changed by hand, or not made by pixmake"))
        return
    file = world.root / path
    if digest in _originals(world) and not world.store.content.has(digest):
        world.store.content.put(file)
    file.unlink()
    world.memo.drop_output(path)
    done.removed.append(path)


def _inside(root: Path, path: str) -> bool:
    """Whether a path stays in the project, links followed."""
    return (root / path).resolve().is_relative_to(root.resolve())


def _originals(world: World) -> frozenset[str]:
    lines = (line for lines in world.lock.lines.values() for line in lines)
    return frozenset(digest for line in lines for pin in line.steps for digest in pin.variants)


def _forget(plan: Plan) -> list[str]:
    """Takes the orphans' lines out of the lock; the pictures stay in the store."""
    if plan.orphans:
        write(plan.world.root / LOCK_NAME, plan.world.lock.drop(*((name, plan.profile) for name in plan.orphans)))
    return list(plan.orphans)


def _forget_folders(root: Path, paths: Iterable[str]) -> None:
    """Removes folders that became empty, never the project's own."""
    for folder in sorted({parent for path in paths for parent in (root / path).parents}, reverse=True):
        if folder != root and root in folder.parents and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _say(session: Session, done: Cleaning) -> None:
    console = session.console
    if console.json:
        kept = [{"path": path, "reason": reason} for path, reason in done.kept]
        body = {
            "format": "pixmake.clean/1",
            "removed": done.removed,
            "kept": kept,
            "orphans": done.orphans,
            "remote": [],
        }
        console.document(body)
        return
    console.out(*folded(console, done.removed))
    following = session.command_line("build") if done.removed and not done.orphans else None
    forgotten = f", forgot {counted(len(done.orphans), 'lock line')}" if done.orphans else ""
    console.say(f"removed {counted(len(done.removed), 'file')}{forgotten}")
    for path, reason in done.kept:
        console.fail(f"kept '{path}': {reason}")
    if following:
        console.say(f"next: {following}")
