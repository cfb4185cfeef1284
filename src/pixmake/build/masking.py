"""Build room: `mask`: the picture a step edits as a file, and a mask of its size to paint on. Nothing is overwritten."""

from __future__ import annotations

from pathlib import Path

from pixmake.build.project import Project
from pixmake.build.targets import Target, target_of
from pixmake.diagnostics import Problem, problem
from pixmake.imaging.probe import probe_bytes
from pixmake.plan.artifact import Artifact
from pixmake.plan.inputs import Pending
from pixmake.plan.sizes import Size
from pixmake.publish.realize import Gone, realizer_of
from pixmake.values import dataclass

SUFFIXES = {"image/jpeg": "jpg", "image/svg+xml": "svg"}
"""File suffixes of media types that are not the second half of the type itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskFiles:
    """What was written for a step (`X#i`): the picture it edits, and a mask that keeps all of it. `size` in pixels."""

    target: str
    picture: Path
    mask: Path
    size: Size


def write_mask(project: Project, text: str, file: Path | None = None) -> MaskFiles:
    """Writes the picture that a step's mask must fit, byte for byte, and a wholly opaque mask of its size.

    `file` is where the mask goes, a PNG; by default `<asset>-<step>.mask.png` in the current folder. The picture goes
    beside it. Raises Problem where the step edits nothing, its picture is not there, or a file is in the way.
    """
    target = target_of(project, text, thawed=True)
    mask = file or Path(f"{Path(target.asset.name).stem}-{target.step.index}.mask.png")
    if mask.suffix.lower() != ".png":
        raise problem("mask-format", f"'{mask}' can't be a mask", help="masks are PNG files: end the name in .png")
    data, size = _picture(target, _parent(target))
    picture = mask.with_name(f"{mask.stem.removesuffix('.mask')}.parent.{_suffix(data)}")
    blank = _blank(size)
    for path, content in ((picture, data), (mask, blank)):
        _require_free(path, content)
    for path, content in ((picture, data), (mask, blank)):
        _write_new(path, content)
    return MaskFiles(target=target.name, picture=picture, mask=mask, size=size)


def _parent(target: Target) -> Artifact:
    judge = target.plan.judge
    action = target.plan.graph.actions[target.asset.name, target.step.index]
    found = judge.inputs.parent(action, judge.done, judge.frames)
    if found is None:
        edits = [f"{target.asset.name}#{step.index}" for step in target.asset.steps if step.index]
        raise problem(
            "nothing-to-mask",
            f"'{target.name}' edits no picture, so it takes no mask",
            help=f"steps that edit one: {', '.join(edits)}" if edits else "a mask belongs to `edits`, or to `from`",
        )
    if isinstance(found, Pending):
        raise problem("not-ready", f"the picture that '{target.name}' edits is not there yet: {found.reason}")
    return found


def _picture(target: Target, parent: Artifact) -> tuple[bytes, Size]:
    """Bytes of a step's parent, and the size that a mask must have. Raises Problem where they are gone."""
    world = target.plan.world
    realizer = realizer_of(world)
    try:
        data = realizer.data(parent)
    except Gone as gone:
        raise problem("not-ready", f"the picture that '{target.name}' edits is not there: {gone.message}") from gone
    facts = probe_bytes(data)
    return data, parent.size or (facts.upright_width, facts.upright_height)


def _suffix(data: bytes) -> str:
    kind = probe_bytes(data).media_type
    return SUFFIXES.get(kind, kind.rpartition("/")[2])


def _blank(size: Size) -> bytes:
    """A mask that repaints nothing."""
    from PIL import Image

    from pixmake.imaging.alpha import mask_png
    from pixmake.imaging.geometry import mask_of

    return mask_png(mask_of(Image.new("L", size, 255)))


def _require_free(path: Path, content: bytes) -> None:
    try:
        standing = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise _taken(path) from error
    if standing != content:
        raise _taken(path)


def _taken(path: Path) -> Problem:
    return problem("file-taken", f"'{path}' is there already", help="name another file, or move that one away")


def _write_new(path: Path, content: bytes) -> None:
    """Makes a file; one that is there (with these bytes, or made since we looked) stays as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        stream = open(path, "xb")  # noqa: SIM115 (closed below; only what was made here may be removed again)
    except FileExistsError:
        return _require_free(path, content)
    try:
        with stream:
            stream.write(content)
    except OSError:
        path.unlink()
        raise
