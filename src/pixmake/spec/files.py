"""Spec room: the file system as one load sees it. Everything looked at is written down for the footprint."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable
from dataclasses import replace
from fnmatch import translate
from pathlib import Path

from pixmake.diagnostics import Diagnostic, Source, Span, did_you_mean
from pixmake.spec.failing import Broken

MOST_BYTES = 32 * 1024 * 1024
MOST_NAMES = 100_000
KEYS = (
    r"""((?:api[_-]?key|token|secret|password|authorization)["']?\s*[:=]\s*|(?=\bsk-\w))"""
    r"""("[^"]*"|'[^']*'|sk-[\w-]{8,}|[^\s,}\]]+)"""
)
"""What may be a key: excerpts in messages show it masked."""
SECRET_WORDS = ("api_key", "api-key", "apikey", "token", "secret", "password", "authorization", "sk-")
LEFT_OUT = "\n" * 64
"""Some of the empty lines in the place of entries that are left out: no word stands in them."""
WILD = re.compile(r"[*?\[]")
Seen = tuple[tuple[Path, Source | None], ...]
"""Files as they were when they were read."""


class Files:
    """One load's view. `root` is the folder of the root spec; names in messages are relative to it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.read: dict[Path, Source | None] = {}
        self.kinds: dict[str, str | None] = {}
        self.globs: dict[tuple[Path, str], tuple[str, ...]] = {}
        self.kept: dict[Path, Source] = {}
        self.seen: dict[Path, Source | None] = {}
        self.matched: dict[tuple[Path, str], tuple[str, ...]] = {}

    def renew(self) -> None:
        """Forgets what was seen, for the next load; unchanged texts keep their Source objects."""
        self.kept = {path: source for path, source in self.read.items() if source is not None}
        self.read, self.kinds, self.globs = {}, {}, {}

    def name(self, path: Path) -> str:
        """The path as messages show it: relative to the root, with `/`."""
        relative = os.path.relpath(path, self.root)
        return relative.replace(os.sep, "/")

    def where(self, folder: Path) -> str:
        """A folder in words."""
        name = self.name(folder)
        return "the spec's folder" if name == "." else f"'{name}'"

    def text(self, path: Path) -> Source | None:
        """The text of a file, BOM dropped and line ends made LF; None where there is none. Raises Broken."""
        if path not in self.read:
            self.read[path] = self._load(path)
        source = self.seen[path] = self.read[path]
        return source

    def put(self, path: Path, text: str) -> None:
        """Lets a file have this text for the load that comes."""
        self.read[path] = _source(self.name(path), text)

    def _load(self, path: Path) -> Source | None:
        name = self.name(path)
        try:
            mode = os.stat(path).st_mode
            if stat.S_ISDIR(mode):
                return None
            if not stat.S_ISREG(mode):  # a pipe or a device would be waited for, for ever
                raise _broken(
                    name, "unreadable-file", f"'{name}' is no file but a pipe or a device", "name a text file"
                )
            with open(path, "rb") as stream:
                data = stream.read(MOST_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
            return None
        except OSError as error:
            raise _broken(name, "unreadable-file", f"'{name}' can't be read: {error.strerror}", None) from None
        text = _decoded(name, data)
        kept = self.kept.get(path)
        if kept is not None and kept.text == text and kept.name == name:
            return kept
        return _source(name, text)

    def kind(self, path: str) -> str | None:
        """`file`, `folder`, `device` (a pipe or socket too), or None where nothing is."""
        if path in self.kinds:
            return self.kinds[path]
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError):
            found = None
        else:
            found = "folder" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else "device"
        self.kinds[path] = found
        return found

    def glob(self, folder: Path, pattern: str) -> tuple[str, ...]:
        """Names of the files below `folder` that match, sorted, with `/`. `**` goes through folders."""
        key = (folder, pattern)
        if key not in self.globs:
            self.globs[key], _ = look_for(folder, pattern)
        names = self.matched[key] = self.globs[key]
        return names

    def watch(self) -> None:
        """Begins to note what is looked at: `seen` and `matched` hold what follows."""
        self.seen, self.matched = {}, {}

    def below(self, folder: Path) -> list[str]:
        """Names of all files below a folder, hidden ones apart."""
        names = []
        for place, folders, files in os.walk(folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            relative = os.path.relpath(place, folder).replace(os.sep, "/")
            prefix = "" if relative == "." else f"{relative}/"
            names += [prefix + name for name in sorted(files) if not name.startswith(".")]
            if len(names) > MOST_NAMES:
                break
        return names

    def nearest(self, path: Path) -> str | None:
        """The name of a file beside `path` that is spelled nearly like it, relative to the root."""
        folder = path.parent
        try:
            names = sorted(entry.name for entry in folder.iterdir())[:MOST_NAMES]
        except (OSError, ValueError):
            return None
        guess = did_you_mean(path.name, [name for name in names if name != path.name])  # a folder, say
        return self.name(folder / guess) if guess else None

    def looked_at(self) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
        """Files read, and paths where nothing was."""
        read = tuple(sorted(path for path, source in self.read.items() if source is not None))
        gone = {path for path, source in self.read.items() if source is None}
        gone |= {Path(path) for path, kind in self.kinds.items() if kind is None}
        return read, tuple(sorted(gone))


def _masked(found: re.Match[str]) -> str:
    return found[1] + "•" * len(found[2])


def readable(files: Files, path: Path) -> Source | None:
    """A file's text; None where there is nothing, or nothing that can be read: that is told where it is needed."""
    try:
        return files.text(path)
    except Broken:
        return None


def is_glob(text: str) -> bool:
    return WILD.search(text) is not None


def _source(name: str, text: str) -> Source:
    """A text whose excerpts hide what may be a key."""
    source = Source(name, text)
    lowered = text.replace(LEFT_OUT, "").lower()
    if any(word in lowered for word in SECRET_WORDS):
        pattern = re.compile(KEYS, re.IGNORECASE)
        source.lines[:] = [pattern.sub(_masked, line) for line in source.lines]
    return source


def _broken(name: str, code: str, message: str, help: str | None, span: Span | None = None) -> Broken:
    return Broken(Diagnostic(code=code, message=message, span=span, help=help))


def _decoded(name: str, data: bytes) -> str:
    if len(data) > MOST_BYTES:
        remedy = "keep many rows in data files, or split the file with 'include'"
        raise _broken(name, "file-too-large", f"'{name}' is larger than {MOST_BYTES // 1024 // 1024} MiB", remedy)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _broken(name, "not-utf8", f"'{name}' is UTF-16, not UTF-8", "save it as UTF-8")
    if b"\0" in data:
        place = replace(_byte_place(name, data, data.index(b"\0")), source=Source(name, ""))  # who knows what it is
        raise _broken(
            name, "not-text", f"'{name}' is not a text file: it has a NUL byte", "name a text file here", place
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"'{name}' is not UTF-8: byte 0x{data[error.start]:02x}"
        raise _broken(name, "not-utf8", message, "save it as UTF-8", _byte_place(name, data, error.start)) from None
    if text.startswith("\ufeff"):
        text = text[1:]
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _byte_place(name: str, data: bytes, offset: int) -> Span:
    shown = data[: offset + 200].decode("utf-8", "replace").replace("\0", "\ufffd")
    before = data[:offset].decode("utf-8", "replace")
    column = len(before) - before.rfind("\n")
    return Span(source=Source(name, shown), line=before.count("\n") + 1, column=column, length=1)


def look_for(folder: Path, pattern: str) -> tuple[tuple[str, ...], tuple[Path, ...]]:
    """What a glob finds, sorted, and the folders whose lists of names decide that."""
    parts = [part for part in pattern.replace("\\", "/").split("/") if part not in ("", ".")]
    found: list[str] = []
    listed: dict[str, None] = {}
    _walk(folder, "", parts, found, listed)
    return tuple(sorted(dict.fromkeys(found))), tuple(folder / name for name in listed)


def _walk(folder: Path, prefix: str, parts: list[str], found: list[str], listed: dict[str, None]) -> None:
    """Appends names that match to `found`, and folders looked into to `listed`."""
    head, rest = parts[0], parts[1:]
    if head == "**":
        if rest:
            _walk(folder, prefix, rest, found, listed)
        listed[prefix] = None
        for entry in _entries(folder / prefix):
            if entry.is_dir() and not entry.is_symlink() and not entry.name.startswith("."):
                _walk(folder, f"{prefix}{entry.name}/", parts, found, listed)
            elif not rest and entry.is_file() and not entry.name.startswith("."):
                found.append(prefix + entry.name)
        return
    if head == "..":
        if rest:
            _walk(folder, f"{prefix}../", rest, found, listed)
        return
    match = _matcher(head)
    listed[prefix] = None
    for entry in _entries(folder / prefix):
        if match(entry.name) and (head.startswith(".") or not entry.name.startswith(".")):
            if rest and entry.is_dir():
                _walk(folder, f"{prefix}{entry.name}/", rest, found, listed)
            elif not rest and entry.is_file():
                found.append(prefix + entry.name)


def _matcher(pattern: str) -> Callable[[str], object]:
    return re.compile(translate(pattern)).match


def _entries(folder: Path) -> Iterable[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except (OSError, ValueError):
        return ()
