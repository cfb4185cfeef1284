"""Publish room: output files. Written complete or not at all, by rename, and never over a file that is not ours."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pixmake.digest import Digest, read_file, sha256_bytes
from pixmake.imaging.headers import SNIFFED
from pixmake.imaging.probe import BadPicture, probe_bytes
from pixmake.imaging.sniff import sniff
from pixmake.plan.artifact import DraftPicture, FilePicture, Original
from pixmake.plan.delivery import Delivery
from pixmake.publish.realize import SVG, Realizer, drawable
from pixmake.values import dataclass

if TYPE_CHECKING:
    from PIL import Image


NOT_DRAWN = "the model answered pixels: write a .png or .webp, or ask again with 'reroll'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One output as it stands on disk now. `changed`: False where the very bytes were there already. `size` in bytes.

    `removed`: what was taken out of a drawing, since it would run or fetch something.
    """

    path: str
    recipe: Digest
    digest: Digest
    size: int
    draft: bool
    changed: bool
    removed: tuple[str, ...] = ()


class Ownership(Protocol):
    """The narrow question that publishing asks of the records."""

    def owns(self, path: str) -> bool:
        """Whether the file that stands at `path` (relative to the project) was made by the tool and not edited since."""
        ...

    def claim(self, path: str, recipe: Digest, digest: Digest) -> None:
        """Notes that these bytes are about to stand at `path`: whoever dies before he recorded it leaves a file of ours."""
        ...


class NotOurs(Exception):
    """A file at an output's path was not made by the tool, or was edited since: it is left alone."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """The bytes of an output file. `removed`: what was taken out of a drawing, since it would run or fetch something."""

    data: bytes
    removed: tuple[str, ...] = ()


def derive(order: Delivery, realizer: Realizer) -> bytes:
    """The bytes an output file should have. Raises Gone, or BadPicture where its format can't hold the picture."""
    return derived(order, realizer).data


def derived(order: Delivery, realizer: Realizer) -> Derived:
    """What an output file should hold. Raises Gone, or BadPicture where its format can't hold the picture.

    Where nothing changes, the bytes are the original's own, with all the metadata it came with.
    """
    if order.output.format == "svg":
        return _drawing(order, realizer)
    data = _animated(order, realizer) or _untouched(order, realizer)
    return Derived(data=data or _encoded(order, realizer))


def _encoded(order: Delivery, realizer: Realizer) -> bytes:
    """The picture cut, marked where it is a draft, and encoded."""
    from pixmake.imaging.encode import encode

    return encode(
        _changed(order, realizer.image(order.picture, order.final)),
        order.output.format,
        quality=order.output.quality,
        draft=order.recipe if order.picture.draft else None,
        widths=order.output.widths,
    )


def _changed(order: Delivery, image: Image.Image) -> Image.Image:
    """A picture, or one frame of it, in its final size and with the mark of a draft."""
    from pixmake.imaging.geometry import edge_color, fit_picture
    from pixmake.imaging.stamp import stamp_draft

    if order.final is not None:
        opaque = order.fit == "pad" and (order.output.format == "jpeg" or image.mode == "RGB")
        background = edge_color(image) if opaque else None
        image = fit_picture(image, *order.final, order.fit, order.gravity, background)  # type: ignore[arg-type]
    return stamp_draft(image) if order.picture.draft and order.mark else image


def _untouched(order: Delivery, realizer: Realizer) -> bytes | None:
    """The picture's own bytes, where they already are what is wanted."""
    from pixmake.imaging.encode import is_identity

    if not isinstance(order.picture, Original | FilePicture):
        return None
    data = realizer.data(order.picture)
    facts = probe_bytes(drawable(data))
    width, height = order.final or (facts.width, facts.height)
    wanted = order.output
    same = is_identity(facts, format=wanted.format, width=width, height=height, quality=wanted.quality)
    return data if same else None


def _animated(order: Delivery, realizer: Realizer) -> bytes | None:
    """An animation as one: its own bytes, or each frame cut alike; None for what does not move, or goes elsewhere."""
    if order.output.format != "gif" or not isinstance(order.picture, Original | FilePicture | DraftPicture):
        return None
    data = realizer.data(order.picture)
    if sniff(data[:SNIFFED]).media_type != "image/gif":
        return None
    facts = probe_bytes(data)
    if facts.frames < 2:
        return None
    from pixmake.imaging.animation import check_frames, refitted

    check_frames(facts)
    if not order.picture.draft and order.final in (None, (facts.width, facts.height)):
        return data
    draft = order.recipe if order.picture.draft else None
    return refitted(data, lambda image: _changed(order, image), draft=draft)


def _drawing(order: Delivery, realizer: Realizer) -> Derived:
    """A drawing as it came where it neither runs nor fetches anything, else without what does."""
    from pixmake.imaging.cleaning import clean_svg
    from pixmake.imaging.marks import mark_svg

    data = realizer.data(order.picture)
    kind = sniff(data[:SNIFFED]).media_type
    if kind != SVG:
        raise BadPicture(f"is {kind or 'no picture'}, and '{order.output.path}' is to be a drawing", NOT_DRAWN)
    clean = clean_svg(data)
    return Derived(
        data=mark_svg(clean.data, order.recipe) if order.picture.draft else clean.data, removed=clean.removed
    )


def publish(
    order: Delivery, realizer: Realizer, root: Path, owned: Ownership, accepted: Digest | None = None
) -> Written:
    """Derives an output and puts it in place. Raises NotOurs, Gone, BadPicture, OSError (a full disk, a read-only folder).

    `owned` says whether the file that stands there may be replaced; a file that already has these bytes is ours.
    `accepted` bytes of the store are put there in place of derived ones: a person let them stand.
    """
    kept = Original(digest=accepted, size=None, media_type="") if accepted is not None else None
    made = derived(order, realizer) if kept is None else Derived(data=realizer.data(kept))
    data = made.data
    digest = sha256_bytes(data)
    path = order.path(digest)
    assert path is not None
    target = root / path
    standing = _standing(target)
    changed = standing != digest
    if changed:
        if standing is not None and not owned.owns(path):
            raise NotOurs(path)
        if not order.picture.draft:  # a draft says itself what it is
            owned.claim(path, order.recipe, digest)
        write_atomically(target, data, durable=not order.picture.draft)
    return Written(
        path=path,
        recipe=order.recipe,
        digest=digest,
        size=len(data),
        draft=order.picture.draft,
        changed=changed,
        removed=made.removed,
    )


def unchanged(order: Delivery, root: Path, path: str, digest: Digest) -> Written:
    """An output that stands at `path` as it should be, by the records. Raises OSError where it is gone by now."""
    return Written(
        path=path,
        recipe=order.recipe,
        digest=digest,
        size=(root / path).stat().st_size,
        draft=order.picture.draft,
        changed=False,
    )


def _standing(target: Path) -> Digest | None:
    """The digest of the file that stands there; None where nothing does. Raises OSError, for a pipe or a device too."""
    try:
        return sha256_bytes(read_file(target))
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
    import tempfile

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
        with suppress(FileNotFoundError, NotADirectoryError):
            for name in os.listdir(folder):  # noqa: PTH208 (names only: no Path is made for the others)
                if name.endswith(TEMPORARY) and _is_left_over(folder / name):
                    (folder / name).unlink(missing_ok=True)


def _is_left_over(path: Path) -> bool:
    """Whether nobody writes this file any more: its process is gone, or it is a day old and of another machine."""
    writer = re.search(WRITER, path.name)
    try:
        if writer is not None and writer[1] == HOST:
            return not _lives(int(writer[2]))
        return time.time() - path.stat().st_mtime > DAY
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
WRITER = r"\.([0-9a-f]{6})-(\d+)-[^.]*" + re.escape(TEMPORARY) + "$"
DAY = 86_400.0
FILE_MODE = _file_mode()
