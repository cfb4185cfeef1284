"""Publish room: an Artifact to pixels or to a file. Local and free; what is made here can be made again.

Bytes are checked against their digest before they are believed; a picture that is damaged stops only its readers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pixmake.diagnostics import ExitCode, Problem
from pixmake.digest import Digest, read_file, sha256_bytes
from pixmake.imaging.headers import SNIFFED
from pixmake.imaging.probe import BadPicture, probe_bytes
from pixmake.imaging.sniff import sniff
from pixmake.plan.artifact import Artifact, DraftPicture, Fenced, FilePicture, MaskPicture, Original, Pinned, Processed
from pixmake.plan.entries import State
from pixmake.plan.world import World
from pixmake.spec.asset import Region
from pixmake.store.content import Content
from pixmake.store.shelf import Shelf
from pixmake.values import dataclass

if TYPE_CHECKING:
    from PIL import Image


SVG = "image/svg+xml"


class Gone(Exception):
    """A picture's bytes are not what the plan saw: lost, damaged, or changed since. `message` says which.

    A file of the user's that went away or changed is `blocked`: nothing failed, and the next plan sees what is there.
    """

    def __init__(self, message: str, state: State = "failed") -> None:
        super().__init__(message)
        self.message = message
        self.state: State = state


@dataclass(frozen=True, slots=True, kw_only=True)
class Realizer:
    """Where bytes are found: the store for originals, the shelf for drafts and things derived."""

    content: Content
    shelf: Shelf
    elsewhere: Callable[[Digest], Path | None]
    """Finds one of our output files with these very bytes, from which a store that lost them is fed again."""

    def data(self, artifact: Artifact) -> bytes:
        """The bytes of a picture: its own where it has some, else a PNG made now and kept on the shelf. Raises Gone."""
        if isinstance(artifact, Original | Pinned):
            return self._original(artifact.digest)
        if isinstance(artifact, FilePicture):
            return self._user_file(artifact)
        if isinstance(artifact, DraftPicture):
            return self._shelved(artifact.key)
        name = _shelf_name(artifact.identity)
        if not self.shelf.has(name):
            self.shelf.put(name, self._png(self.image(artifact)))
        return read_file(self.shelf.path(name))

    def keep(self, artifact: Artifact) -> Digest:
        """Puts a picture's bytes among the originals, and returns their digest. Raises Gone, Problem."""
        return self.content.put(self.data(artifact))

    def file(self, item: Artifact | MaskPicture) -> Path:
        """A file with those bytes, for a provider to read."""
        if isinstance(item, Original | Pinned):
            self._original(item.digest)
            return self.content.path(item.digest)
        if isinstance(item, FilePicture):
            return self.shelf.put(item.digest, self._user_file(item))
        if isinstance(item, DraftPicture):
            return self.shelf.path(item.key)
        if isinstance(item, MaskPicture):
            name = _shelf_name(f"{item.identity}/mask")
            return self.shelf.path(name) if self.shelf.has(name) else self.shelf.put(name, self._mask_png(item))
        self.data(item)
        return self.shelf.path(_shelf_name(item.identity))

    def image(self, artifact: Artifact, cover: tuple[int, int] | None = None) -> Image.Image:
        """The pixels, upright, RGB or RGBA of 8 bit. Raises Gone, BadPicture.

        A drawing is drawn as large as covers `cover`, or its own size, so that no pixels are scaled up; what runs or
        fetches in it is left out.
        """
        from pixmake.imaging.decode import decode

        if isinstance(artifact, Fenced):
            return self._fenced(artifact)
        if isinstance(artifact, Processed):
            from pixmake.imaging.geometry import fit_picture

            return fit_picture(self.image(artifact.picture), *artifact.final, artifact.fit, artifact.gravity)  # type: ignore[arg-type]
        try:
            return decode(drawable(self.data(artifact)), cover=cover or artifact.size)
        except BadPicture as bad:
            raise Gone(f"{_name(artifact)} {bad.message}") from bad

    def mask(self, item: MaskPicture) -> Image.Image:
        """A mask in its parent's size: RGBA, alpha 0 where it repaints. Raises BadPicture for one without alpha."""
        from pixmake.imaging.alpha import load_mask, place_mask, region_mask

        if isinstance(item.source, Region):
            return region_mask(item.source.shape, item.source.fractions, item.size, invert=item.invert)
        try:
            mask = load_mask(self.data(item.source), invert=item.invert)
        except BadPicture as bad:
            raise Gone(f"the mask {_name(item.source)} {bad.message}") from bad
        final, fit, gravity = item.cut or (None, "cover", "center")
        return place_mask(mask, item.size, final, fit, gravity)  # type: ignore[arg-type]

    def _fenced(self, artifact: Fenced) -> Image.Image:
        from pixmake.imaging.alpha import fence

        answer, parent = self.image(artifact.answer), self.image(artifact.parent)
        return fence(answer, parent, self.mask(artifact.mask), artifact.feather)

    def _mask_png(self, item: MaskPicture) -> bytes:
        from pixmake.imaging.alpha import mask_png

        return mask_png(self.mask(item))

    def _png(self, image: Image.Image) -> bytes:
        from pixmake.imaging.encode import encode

        return encode(image, "png")

    def _original(self, digest: Digest) -> bytes:
        if not self.content.has(digest):
            path = self.elsewhere(digest)
            if path is None:
                raise Gone(f"the original {digest[:12]} is nowhere", "lost")
            self.content.put(path)
        try:
            return self.content.read_verified(digest)
        except Problem as damaged:
            if damaged.exit_code != ExitCode.INTEGRITY:
                raise
            path = self.elsewhere(digest)
            if path is not None and self.content.put(path) == digest:  # heals the store's
                return self.content.read_verified(digest)
            raise Gone(
                f"the original {digest[:12]} is damaged in the store; `pixmake cache verify` sets it aside", "corrupt"
            ) from damaged

    def _user_file(self, item: FilePicture) -> bytes:
        try:
            data = read_file(item.path)
        except OSError as error:
            raise Gone(f"'{item.name}' can't be read: {error.strerror}", "blocked") from error
        if sha256_bytes(data) != item.digest:
            raise Gone(f"'{item.name}' has changed since the plan was made", "blocked")
        return data

    def _shelved(self, key: Digest) -> bytes:
        try:
            return read_file(self.shelf.path(key))
        except OSError as error:
            raise Gone(f"the draft {key[:12]} is not there") from error


def drawable(data: bytes) -> bytes:
    """A drawing without what runs or fetches; any other picture as it is. Raises BadPicture."""
    if sniff(data[:SNIFFED]).media_type != SVG:
        return data
    from pixmake.imaging.cleaning import clean_svg

    return clean_svg(data).data


def realizer_of(world: World) -> Realizer:
    """A realizer over the places that a world looks at."""
    return Realizer(content=world.store.content, shelf=world.shelf, elsewhere=world.elsewhere)


def media_type(path: Path) -> tuple[str, int, int]:
    """Media type, width and height of a file that a provider is to read. Raises BadPicture."""
    facts = probe_bytes(read_file(path))
    return facts.media_type, facts.upright_width, facts.upright_height


def _shelf_name(identity: str) -> str:
    return sha256_bytes(identity.encode())


def _name(artifact: Artifact) -> str:
    return f"'{artifact.name}'" if isinstance(artifact, FilePicture) else f"picture {artifact.identity[:20]}"
