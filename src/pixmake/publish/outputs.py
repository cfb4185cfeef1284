"""Publish room: output files. Written complete or not at all, by rename, and never over a file that is not ours."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pixmake.digest import Digest, sha256_bytes
from pixmake.imaging.probe import probe_bytes
from pixmake.plan.artifact import FilePicture, Original
from pixmake.plan.delivery import Delivery
from pixmake.publish.realize import Realizer

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One output as it stands on disk now. `changed`: False where the very bytes were there already. `size` in bytes."""

    path: str
    recipe: Digest
    digest: Digest
    size: int
    draft: bool
    changed: bool


class Ownership(Protocol):
    """The narrow question that publishing asks of the records."""

    def owns(self, path: str) -> bool:
        """Whether the file that stands at `path` (relative to the project) was made by the tool and not edited since."""
        ...


class NotOurs(Exception):
    """A file at an output's path was not made by the tool, or was edited since: it is left alone."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def derive(order: Delivery, realizer: Realizer) -> bytes:
    """The bytes an output file should have. Raises Gone, or BadPicture where its format can't hold the picture.

    Where nothing changes, they are the original's own, with all the metadata it came with.
    """
    if order.output.format == "svg" or not order.picture.draft:
        data = _untouched(order, realizer)
        if data is not None:
            return data
    from pixmake.imaging.encode import encode
    from pixmake.imaging.stamp import stamp_draft

    image = _cut(order, realizer)
    if order.picture.draft and order.mark:
        image = stamp_draft(image)
    return encode(
        image,
        order.output.format,
        quality=order.output.quality,
        draft=order.recipe if order.picture.draft else None,
        widths=order.output.widths,
    )


def _cut(order: Delivery, realizer: Realizer) -> Image.Image:
    from pixmake.imaging.geometry import edge_color, fit_picture

    image = realizer.image(order.picture)
    if order.final is None:
        return image
    opaque = order.fit == "pad" and (order.output.format == "jpeg" or image.mode == "RGB")
    background = edge_color(image) if opaque else None
    return fit_picture(image, *order.final, order.fit, order.gravity, background)  # type: ignore[arg-type]


def _untouched(order: Delivery, realizer: Realizer) -> bytes | None:
    """The picture's own bytes, where they already are what is wanted."""
    from pixmake.imaging.encode import is_identity

    if order.output.format == "svg":
        return _vector(order, realizer)
    if not isinstance(order.picture, Original | FilePicture):
        return None
    data = realizer.data(order.picture)
    facts = probe_bytes(data)
    width, height = order.final or (facts.width, facts.height)
    wanted = order.output
    same = is_identity(facts, format=wanted.format, width=width, height=height, quality=wanted.quality)
    return data if same else None


def _vector(order: Delivery, realizer: Realizer) -> bytes:
    from pixmake.imaging.marks import mark_svg
    from pixmake.imaging.svg import check_svg

    data = realizer.data(order.picture)
    check_svg(data)
    return mark_svg(data, order.recipe) if order.picture.draft else data


def publish(order: Delivery, realizer: Realizer, root: Path, owned: Ownership) -> Written:
    """Derives an output and puts it in place. Raises NotOurs, Gone, BadPicture, OSError (a full disk, a read-only folder).

    `owned` says whether the file that stands there may be replaced; a file that already has these bytes is ours.
    """
    data = derive(order, realizer)
    digest = sha256_bytes(data)
    path = order.path(digest)
    assert path is not None
    target = root / path
    standing = _standing(target)
    changed = standing != digest
    if changed:
        if standing is not None and not owned.owns(path):
            raise NotOurs(path)
        write_atomically(target, data, durable=not order.picture.draft)
    return Written(
        path=path,
        recipe=order.recipe,
        digest=digest,
        size=len(data),
        draft=order.picture.draft,
        changed=changed,
    )


def _standing(target: Path) -> Digest | None:
    try:
        return sha256_bytes(target.read_bytes())
    except FileNotFoundError:
        return None


def write_atomically(target: Path, data: bytes, *, durable: bool = True) -> None:
    """Writes by a temporary file in the same folder and rename: a reader sees the old file or the new one.

    `durable`: fsync before the rename. Drafts do without: they can be drawn again. Raises OSError that names `target`.
    """
    try:
        _replace(target, data, durable)
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(target)) from error


def _replace(target: Path, data: bytes, durable: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{target.name[:40]}.{HOST}-{os.getpid()}-"
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=prefix, suffix=TEMPORARY)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        os.chmod(temporary, FILE_MODE)
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def clear_leftovers(folders: Iterable[Path]) -> None:
    """Removes what processes that were killed while they wrote left in these folders; a living one's files stay."""
    for folder in folders:
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(TEMPORARY) and _is_left_over(entry):
                    Path(entry.path).unlink(missing_ok=True)


def _is_left_over(entry: os.DirEntry[str]) -> bool:
    """Whether nobody writes this file any more: its process is gone, or it is a day old and of another machine."""
    writer = WRITER.search(entry.name)
    try:
        if writer is not None and writer[1] == HOST:
            return not _lives(int(writer[2]))
        return time.time() - entry.stat().st_mtime > DAY
    except FileNotFoundError:
        return False


def _lives(pid: int) -> bool:
    if os.name != "posix":  # os.kill would end it there
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True


def _file_mode() -> int:
    """What `open` would give a new file; asked once, since a process's umask can't be read without setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


TEMPORARY = ".pixmake-tmp"
HOST = sha256_bytes((os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")).encode())[:6]
"""Tells machines and containers apart that share a folder: their process numbers mean nothing to each other."""
WRITER = re.compile(r"\.([0-9a-f]{6})-(\d+)-[^.]*" + re.escape(TEMPORARY) + "$")
DAY = 86_400.0
FILE_MODE = _file_mode()
