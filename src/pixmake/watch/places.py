"""Watch room: where a project's files lie: the folders to listen to, and the paths whose change matters. By names only.

Folders are listened to, never files: a file that is saved by renaming, moved or made anew is another file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from pixmake.plan.delivery import PLACEHOLDER
from pixmake.plan.graph import step_inputs
from pixmake.spec.asset import Asset, FileInput, Spec
from pixmake.values import dataclass

PRIVATE = frozenset({".git", ".hg", ".svn", ".jj", ".pixmake"})
"""Folders that are nobody's input, however much happens in them."""
MOST_FOLDERS = 48
"""Folders listened to one by one; each costs a thread. Beyond, neighbours are listened to through the folder above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What to listen to. `folders` maps each folder to whether all below it is meant.

    `files` are the paths that matter, whether they are there or not; `patterns` match further ones; `ways` are folders
    that lead to any of them, so that their coming and going matters. `whole`: everything heard matters, because what
    the spec is made of is not known (it has errors). `root` is the project's folder.
    """

    root: str
    folders: dict[str, bool]
    files: frozenset[str]
    patterns: tuple[Callable[[str], object], ...] = ()
    ways: frozenset[str] = frozenset()
    whole: bool = False

    def matter(self, path: str, *, folder: bool) -> bool:
        """Whether what happened at `path` (absolute) may change what a build would do."""
        if path in self.files:
            return True
        if path.startswith(self.root) and not PRIVATE.isdisjoint(Path(path[len(self.root) :]).parts):
            return False
        if folder:
            return self.whole or path in self.ways or any(match(f"{path}{os.sep}") for match in self.patterns)
        return self.whole or any(match(path) for match in self.patterns)


def first_places(file: Path, named: Iterable[str] = ()) -> Places:
    """Where to listen while a spec (absolute path) has errors and nothing else is known; `named` are files that its
    errors speak of, relative to it."""
    files = {str(file), *(os.path.normpath(file.parent / name) for name in named)}
    folders = {str(_standing(Path(item).parent)): False for item in files}
    return Places(root=str(file.parent), folders=folders, files=frozenset(files), whole=True)


def places_of(spec: Spec, lock: Path) -> Places:
    """Where all lies that a build of `spec` reads or writes."""
    outputs = [path for asset in spec.assets for path in _outputs(spec.root, asset)]
    inputs = [item.path for asset in spec.assets for item in _inputs(asset)]
    footprint = spec.footprint
    named = [spec.file, lock, *footprint.files, *footprint.missing, *inputs]
    read = list(dict.fromkeys(os.path.abspath(path) for path in named))
    real = [os.path.realpath(path) for path in read]
    files = {*read, *real, *(path for path in outputs if not PLACEHOLDER.search(path))}
    globs = [_glob(os.path.abspath(folder), pattern) for folder, pattern, _ in footprint.globs]
    deep = {folder for folder, below, _ in globs if below}
    needed = {os.path.dirname(path) for path in (*files, *outputs)} | {folder for folder, _, _ in globs}
    ways = {way for folder in needed for way in _ways(folder, spec.root)}
    return Places(
        root=str(spec.root),
        folders=_merged(needed | ways, deep, str(spec.root)),
        files=frozenset(files),
        patterns=(*(match for _, _, match in globs), *(_placeholder(path) for path in outputs if "{" in path)),
        ways=frozenset(ways | needed),
    )


def joined(one: Places, other: Places) -> Places:
    """Both; of the two, `one` says what is `whole`."""
    folders = other.folders | {path: below or other.folders.get(path, False) for path, below in one.folders.items()}
    return Places(
        root=one.root,
        folders=folders,
        files=one.files | other.files,
        patterns=one.patterns + other.patterns,
        ways=one.ways | other.ways,
        whole=one.whole,
    )


def _outputs(root: Path, asset: Asset) -> Iterator[str]:
    for output in asset.outputs:
        yield os.path.normpath(os.path.join(root, output.path))


def _inputs(asset: Asset) -> Iterator[FileInput]:
    for item in (asset.origin, *(item for step in asset.steps for item in step_inputs(step))):
        if isinstance(item, FileInput):
            yield item


def _glob(folder: str, pattern: str) -> tuple[str, bool, Callable[[str], object]]:
    """The folder a pattern lives in, whether it goes below it, and a test for paths that may match it."""
    parts = [part for part in pattern.replace("\\", "/").split("/") if part not in ("", ".")]
    while parts and not re.search(r"[*?\[]", parts[0]) and len(parts) > 1:
        folder = os.path.normpath(os.path.join(folder, parts.pop(0)))
    start = folder + os.sep
    if len(parts) > 1 or "**" in parts:
        return folder, True, lambda path: path.startswith(start)
    last = parts[0] if parts else "*"
    return folder, False, lambda path: os.path.dirname(path) == folder and fnmatchcase(path[len(start) :], last)


def _placeholder(path: str) -> Callable[[str], object]:
    """A test for the files that an output with `{{ hash }}` in its path has been written to."""
    texts = PLACEHOLDER.split(path)[::2]
    return re.compile("[^/]*".join(re.escape(text) for text in texts)).fullmatch


def _ways(folder: str, root: Path) -> Iterator[str]:
    """A folder and those above it: up to the project's, or, for one outside, to the first that stands and its parent."""
    home = str(root)
    if folder == home or folder.startswith(home + os.sep):
        while folder != home:
            yield folder
            folder = os.path.dirname(folder)
        yield home
        return
    while not Path(folder).is_dir():
        yield folder
        folder = os.path.dirname(folder)
    yield folder
    yield os.path.dirname(folder)


def _merged(needed: set[str], deep: set[str], root: str) -> dict[str, bool]:
    """As few listening places as cover all that is needed: neighbours in great number go under the folder above."""
    below = set(deep)
    folders = _without(needed, below)
    while len(folders) > MOST_FOLDERS:
        children: dict[str, int] = {}
        for folder in folders:
            if folder.startswith(root + os.sep):
                top = os.path.join(root, folder[len(root) + 1 :].split(os.sep, 1)[0])
                children[top] = children.get(top, 0) + 1
        busiest = max(children, key=lambda top: (children[top], top), default=None)
        if busiest is None or children[busiest] < 2:
            break
        below.add(busiest)
        folders = _without(needed, below)
    return dict.fromkeys(sorted(folders), False) | dict.fromkeys(sorted(_without(below, below)), True)


def _without(folders: set[str], below: set[str]) -> set[str]:
    """Folders that lie under none of `below`; of `below` itself, the outermost."""
    starts = tuple(folder + os.sep for folder in below)
    own = folders is below
    return {folder for folder in folders if not folder.startswith(starts) and (own or folder not in below)}


def _standing(folder: Path) -> Path:
    """The folder, or the first above it that is there."""
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return folder
