"""Store room: where the store lies, and its parts in one hand. Opening one writes nothing; its first write makes it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from pixmake.store.content import Content
from pixmake.store.folder import Folder
from pixmake.store.journal import Journal
from pixmake.store.results import Results
from pixmake.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One store: paid originals, the journal of how they were bought, and the pools that follow from it."""

    root: Path
    content: Content
    journal: Journal
    results: Results


def open_store(path: Path | None, *, project_root: Path, spec_store: str | None, env: Mapping[str, str]) -> Store:
    """The store at `locate`'s place; one that isn't there reads as empty and is made by the first write.

    Raises Problem `store-too-new` or `store-format` (exit 8).
    """
    folder = Folder(locate(path, project_root=project_root, spec_store=spec_store, env=env))
    folder.check_format()
    journal = Journal(folder)
    return Store(root=folder.root, content=Content(folder), journal=journal, results=Results(folder, journal))


def locate(
    path: Path | None,
    *,
    project_root: Path,
    spec_store: str | None,
    env: Mapping[str, str],
    platform: str = sys.platform,
) -> Path:
    """The store's folder: `path`, else `PIXMAKE_STORE`, else the spec's `store`, else the user's data folder.

    A relative path of the environment or the spec counts from the project, so that every folder below it means one
    store. `~/` is the home folder. Nothing is looked at on the disk.
    """
    if path is not None:
        return Path(os.path.abspath(path))
    for text in (env.get("PIXMAKE_STORE"), spec_store):
        if text:
            return Path(os.path.abspath(project_root / _expanded(text, env, platform)))
    return _data_folder(env, platform) / "pixmake"


def _expanded(text: str, env: Mapping[str, str], platform: str) -> Path:
    return _home(env, platform) / text[2:] if text.startswith("~/") else Path(text)


def _home(env: Mapping[str, str], platform: str) -> Path:
    named = env.get("USERPROFILE" if platform == "win32" else "HOME")
    return Path(named) if named else Path.home()


def _data_folder(env: Mapping[str, str], platform: str) -> Path:
    if platform == "win32":
        local = env.get("LOCALAPPDATA")
        return Path(local) if local else _home(env, platform) / "AppData" / "Local"
    if platform == "darwin":
        return _home(env, platform) / "Library" / "Application Support"
    xdg = env.get("XDG_DATA_HOME", "")
    # The XDG base directory specification: a relative path is invalid and ignored.
    return Path(xdg) if Path(xdg).is_absolute() else _home(env, platform) / ".local" / "share"
