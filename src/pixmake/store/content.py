"""Store room: bytes by digest. What has a name in `cas/` is complete, immutable and never deleted from here.

A paid picture goes `land` (a file in `incoming/` whose name holds the intent, while its bytes come) → `receive` (whole, its
name holds the digest too) → `keep` (a second name in `cas/`) → the journal's `done` → `clear`. Wherever a process dies,
`arrivals` and `landings` find what had come. Pictures that are kept together share their flushes of folders.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, TypeGuard

from pixmake.diagnostics import ExitCode, problem
from pixmake.digest import CHUNK, Digest, open_file, read_file, sha256_bytes, sha256_file
from pixmake.store.durable import discard, sync_folder, write_all, write_new, writing
from pixmake.store.folder import Folder
from pixmake.store.landing import SUFFIX, LandingFile, Onlooker
from pixmake.values import dataclass

DIGEST = re.compile(r"[0-9a-f]{64}")
INTENT = re.compile(r"[A-Za-z0-9_-]{1,80}")
DAY = 86_400.0
ROOM_PER_PICTURE = 32 << 20
"""Bytes that must be free per picture before a call is paid: more than any PNG of 8.3 million pixels needs."""


def is_digest(text: object) -> TypeGuard[Digest]:
    """Whether `text` is 64 lower-case hexadecimal digits; digests from files are hostile until then."""
    return isinstance(text, str) and DIGEST.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A picture that came for an intent and lies whole in `incoming/`; `number` counts the call's pictures from 0."""

    intent: str
    number: int
    digest: Digest
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What re-hashing one stored file showed."""

    digest: Digest
    state: Literal["whole", "corrupt"]
    path: Path


class Content:
    """The content-addressed files of one store."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._cas = folder.root / "cas"
        self._incoming = folder.root / "incoming"

    def path(self, digest: Digest) -> Path:
        """Where the bytes of `digest` lie, or would lie. Raises ValueError for what is no digest."""
        if not is_digest(digest):
            raise ValueError(f"not a digest: {digest!r}")
        return self._cas / digest[:2] / digest[2:]

    def has(self, digest: Digest) -> bool:
        """Whether a file of that name is there; its content is not looked at."""
        return self.size(digest) is not None

    def size(self, digest: Digest) -> int | None:
        """Bytes of the stored file, None where there is none: with the record's size a free check for truncation."""
        try:
            return self.path(digest).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def put(self, source: bytes | Path) -> Digest:
        """Stores bytes, or a copy of a file, durably; heals a stored file that is corrupt. Raises Problem, OSError."""
        self._folder.prepare()
        staged = self._incoming / f"put.{os.urandom(8).hex()}"
        if isinstance(source, bytes):
            digest = sha256_bytes(source)
            if not self._whole(digest):
                with writing(staged):
                    write_new(staged, source, mode=0o444)
        else:
            digest = _copy(source, staged)
        with writing(self._cas):
            self._place([(staged, digest)])
        discard(staged)
        return digest

    def land(self, intent: str, number: int, onlooker: Onlooker | None = None) -> LandingFile:
        """Where picture `number` of a call can be written as it comes, seen by the onlooker. Nothing is on the disk
        until then."""
        if not INTENT.fullmatch(intent):
            raise ValueError(f"not an intent: {intent!r}")
        self._folder.prepare()
        return LandingFile(self._incoming / f"{intent}.{number}.{SUFFIX}", number, onlooker)

    def receive(self, intent: str, number: int, data: bytes | LandingFile) -> Arrival:
        """Flushes the bytes that came for `intent` to the disk, in `incoming/`, whether they come as such or are in a
        landing already. Raises Problem where that fails. The name is as durable as they are once `keep` returns.

        The name holds the digest: a file that a crash left half-written can't pass for a whole one.
        """
        if not INTENT.fullmatch(intent):
            raise ValueError(f"not an intent: {intent!r}")
        self._folder.prepare()
        with writing(self._incoming):
            digest = sha256_bytes(data) if isinstance(data, bytes) else data.digest()
        path = self._incoming / f"{intent}.{number}.{digest}"
        with writing(path):
            if isinstance(data, bytes):
                discard(path)
                write_new(path, data, mode=0o444)
            else:
                data.taken_to(path)
        return Arrival(intent=intent, number=number, digest=digest, path=path)

    def keep(self, *arrivals: Arrival) -> None:
        """Gives arrivals their names in `cas/`, durably; those in `incoming/` stay until `clear`. Raises Problem."""
        self._folder.prepare()
        with writing(self._cas):
            sync_folder(self._incoming)
            self._place((arrival.path, arrival.digest) for arrival in arrivals)

    def arrivals(self, intent: str) -> tuple[Arrival, ...]:
        """What came whole for an intent whose process died before its `done`, by number. Torn files are left out."""
        found = (self._arrival(path) for path in self._named(intent))
        return tuple(sorted((item for item in found if item), key=lambda item: (item.number, item.digest)))

    def landings(self, intent: str) -> tuple[LandingFile, ...]:
        """What was coming for an intent when its process died, by number: whole or torn, a look at the bytes tells."""
        found = []
        for path in self._named(intent):
            _, number, suffix = (*path.name.split("."), "", "")[:3]
            if number.isdecimal() and suffix == SUFFIX:
                found.append(LandingFile.found(path, int(number)))
        return tuple(sorted(found, key=lambda landing: landing.number))

    def clear(self, intent: str) -> None:
        """Ends an intent's stay in `incoming/` once its outcome is in the journal. Raises Problem.

        Only a second name of what lies in `cas/` is removed; anything else was paid for too and goes to quarantine.
        """
        self._clear(self._named(intent))

    def clear_kept(self, arrivals: Iterable[Arrival]) -> None:
        """As `clear`, for arrivals of which each was kept: the folder need not be searched for them."""
        self._clear(arrival.path for arrival in arrivals)

    def _clear(self, paths: Iterable[Path]) -> None:
        for path in paths:
            digest = Digest(path.name.rpartition(".")[2])
            with writing(path):
                if is_digest(digest) and (self._is_second_name(path, digest) or self._whole(digest)):
                    discard(path)
                else:
                    self._aside(path)

    def waiting(self) -> tuple[str, ...]:
        """Intents of which something lies in `incoming/`, sorted. Copies that `put` left there a day ago are removed."""
        found = set()
        for path in self._incoming.glob("*.*"):
            intent = path.name.partition(".")[0]
            if intent != "put":
                found.add(intent)
            elif _is_old(path):
                discard(path)
        return tuple(sorted(found))

    def read_verified(self, digest: Digest) -> bytes:
        """The bytes of `digest`. Raises Problem `lost-original` (exit 5) or `corrupt-original` (exit 8)."""
        try:
            data = read_file(self.path(digest))
        except (FileNotFoundError, NotADirectoryError):
            raise problem(
                "lost-original",
                f"the original '{digest}' is not in the store '{self._folder.root}'",
                help="a backup's cas/ folder may be copied into the store's; `pixmake reroll` buys another picture",
                exit_code=ExitCode.PERSON,
            ) from None
        if sha256_bytes(data) != digest:
            raise problem(
                "corrupt-original",
                f"the original '{digest}' no longer has the bytes that were bought",
                help="`pixmake cache verify` moves it aside; then the file from a backup puts it back",
                exit_code=ExitCode.INTEGRITY,
            )
        return data

    def digests(self) -> Iterator[Digest]:
        """Every name in `cas/`, sorted."""
        for folder in sorted(self._cas.glob("[0-9a-f][0-9a-f]")):
            for path in sorted(folder.iterdir()):
                if is_digest(digest := folder.name + path.name):
                    yield digest

    def verify(self) -> Iterator[Checked]:
        """Re-hashes every stored file, in the order of names. Writes nothing; see `quarantine`."""
        for digest in self.digests():
            path = self.path(digest)
            yield Checked(digest=digest, state="whole" if sha256_file(path) == digest else "corrupt", path=path)

    def quarantine(self, digest: Digest) -> Path:
        """Moves a stored file aside, where nothing uses it and nothing deletes it; its new place. Raises Problem."""
        self._folder.prepare()
        with writing(self._cas):
            return self._aside(self.path(digest), digest)

    def ensure_room(self, pictures: int) -> None:
        """Raises Problem `disk-full` (exit 1) where so many pictures may not fit: asked before they are paid for."""
        self._folder.prepare()
        import shutil

        free = shutil.disk_usage(self._folder.root).free
        wanted = ROOM_PER_PICTURE * pictures
        if free < wanted:
            raise problem(
                "disk-full",
                f"the disk of the store '{self._folder.root}' has {free >> 20} MiB left, "
                f"{wanted >> 20} MiB are kept free for the pictures in flight",
                help="free some space, or lower `concurrency`; nothing was sent",
                exit_code=ExitCode.FAILED,
            )

    def _is_second_name(self, path: Path, digest: Digest) -> bool:
        """Whether `path` and the original are one file: then nothing is lost with one of its names, and no hash is due."""
        try:
            return path.samefile(self.path(digest))
        except OSError:
            return False

    def _whole(self, digest: Digest) -> bool:
        try:
            return sha256_file(self.path(digest)) == digest
        except (FileNotFoundError, NotADirectoryError):
            return False

    def _place(self, staged: Iterable[tuple[Path, Digest]]) -> None:
        """Each file has the bytes of its digest, unless the store has them already. Its folder is synced either way:
        whoever placed them first may not have come so far."""
        folders: dict[Path, None] = {}
        for path, digest in staged:
            target = self.path(digest)
            if not target.parent.is_dir():
                target.parent.mkdir(mode=0o700, exist_ok=True)
            if not self._second_name(path, target) and not self._whole(digest):
                self._aside(target, digest)
                self._second_name(path, target)
            folders[target.parent] = None
        for folder in folders:
            sync_folder(folder)
        sync_folder(self._cas)

    def _second_name(self, staged: Path, target: Path) -> bool:
        """Whether `target` has become a name of these bytes; False where something has that name already."""
        try:
            os.link(staged, target)
        except FileExistsError:
            return False
        except OSError:  # no hard links here (exFAT, some network file systems): a copy under a new name
            if target.exists():
                return False
            copy = self._incoming / f"put.{os.urandom(8).hex()}"
            _copy(staged, copy)
            copy.replace(target)
        return True

    def _aside(self, path: Path, name: str | None = None) -> Path:
        folder = self._folder.root / "quarantine"
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(self._folder.root)  # a picture must not be moved to where a power cut leaves no folder
        target = folder / (name or path.name)
        while target.exists():
            target = folder / f"{name or path.name}.{os.urandom(4).hex()}"
        path.replace(target)
        sync_folder(folder)
        sync_folder(path.parent)
        return target

    def _named(self, intent: str) -> list[Path]:
        try:
            names = os.listdir(self._incoming)  # noqa: PTH208 (names only: no Path is made for the others)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [self._incoming / name for name in sorted(names) if name.partition(".")[0] == intent]

    def _arrival(self, path: Path) -> Arrival | None:
        intent, _, rest = path.name.partition(".")
        number, _, digest = rest.partition(".")
        if not (number.isdecimal() and is_digest(digest) and sha256_file(path) == digest):
            return None
        return Arrival(intent=intent, number=int(number), digest=digest, path=path)


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.lstat().st_mtime > DAY
    except FileNotFoundError:
        return False


def _copy(source: Path, target: Path) -> Digest:
    """Copies and hashes in one pass, so that the digest is of the bytes stored. Raises OSError for the source."""
    state = hashlib.sha256()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with open_file(source) as stream, writing(target):
        try:
            with open(os.open(target, flags, 0o444), "wb", buffering=0) as copy:
                while chunk := stream.read(CHUNK):
                    state.update(chunk)
                    write_all(copy.fileno(), chunk)
                os.fsync(copy.fileno())
        except BaseException:
            discard(target)
            raise
    return Digest(state.hexdigest())
