"""Imaging room: the header of an AVIF file, read from its boxes (ISO/IEC 14496-12, 23008-12). No pixel is decoded."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from pixmake.imaging.headers import MAX_BOXES, Damaged, Header, exact

MAX_META = 1 << 20
MAX_BOX = 1 << 40
ALPHA = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")

Box = tuple[bytes, bytes]

TURNS = {(0, None): 1, (1, None): 8, (2, None): 3, (3, None): 6, (0, 1): 2, (0, 0): 4, (1, 1): 7, (1, 0): 5}
"""EXIF's orientation by (irot: quarter turns anticlockwise, imir: axis), as libavif maps them."""


def read_avif(stream: BinaryIO) -> Header:
    """AVIF: size, alpha and orientation of the primary item; the number of frames of a sequence."""
    meta, frames = b"", 1
    for kind, length in _top_boxes(stream):
        if kind == b"meta":
            meta = exact(stream, _bounded(length))
        elif kind == b"moov":
            frames = max(frames, _samples(exact(stream, _bounded(length))))
    if not meta:
        raise Damaged("is a damaged AVIF picture: it has no meta box")
    try:
        return _primary(meta, frames)
    except (struct.error, IndexError) as error:
        raise Damaged("is a damaged AVIF picture") from error


def _bounded(length: int) -> int:
    if length > MAX_META:
        raise Damaged("is a damaged AVIF picture: its header is larger than any real one")
    return length


def _top_boxes(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    stream.seek(0)
    for _ in range(MAX_BOXES):
        head = stream.read(8)
        if len(head) < 8:
            return
        length, kind = struct.unpack(">I4s", head)
        used = 8
        if length == 1:
            length, used = struct.unpack(">Q", exact(stream, 8))[0], 16
        if length < used or length > MAX_BOX:  # 0: up to the end of the file
            return
        start = stream.tell()
        yield kind, length - used
        stream.seek(start + length - used)


def boxes(data: bytes) -> Iterator[Box]:
    """(kind, content) of each box in `data`; ends where one does not fit."""
    place = 0
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        if length < 8 or place + length > len(data):
            return
        yield kind, data[place + 8 : place + length]
        place += length


def _find(data: bytes, *path: bytes) -> bytes:
    for wanted in path:
        data = next((content for kind, content in boxes(data) if kind == wanted), b"")
    return data


def _primary(meta: bytes, frames: int) -> Header:
    inner = meta[4:]
    properties = list(boxes(_find(inner, b"iprp", b"ipco")))
    pitm = _find(inner, b"pitm")
    primary = struct.unpack_from(">H" if pitm[0] == 0 else ">I", pitm, 4)[0]
    own = _associations(_find(inner, b"iprp", b"ipma")).get(primary, [])
    mine = [properties[number - 1] for number in own if 1 <= number <= len(properties)]
    size = next((content for kind, content in mine if kind == b"ispe"), b"")
    width, height = struct.unpack_from(">II", size, 4)
    turn = next((content[0] & 3 for kind, content in mine if kind == b"irot"), 0)
    mirror = next((content[0] & 1 for kind, content in mine if kind == b"imir"), None)
    alpha = any(kind == b"auxC" and content[4:].startswith(ALPHA) for kind, content in properties)
    if turn > 1 and mirror is not None:  # two quarter turns more are the other mirror axis
        turn, mirror = turn - 2, 1 - mirror
    return Header(
        width=width,
        height=height,
        mode="RGBA" if alpha else "RGB",
        has_alpha=alpha,
        frames=frames,
        orientation=TURNS[turn, mirror],
    )


def _associations(ipma: bytes) -> dict[int, list[int]]:
    """Item → numbers of its properties, counted from 1 (box `ipma`)."""
    version, wide = ipma[0], ipma[3] & 1
    count, place = struct.unpack_from(">I", ipma, 4)[0], 8
    found: dict[int, list[int]] = {}
    for _ in range(min(count, MAX_BOXES)):
        item = struct.unpack_from(">H" if version == 0 else ">I", ipma, place)[0]
        place += 2 if version == 0 else 4
        number = ipma[place]
        place += 1
        if wide:
            found[item] = [value & 0x7FFF for value in struct.unpack_from(f">{number}H", ipma, place)]
        else:
            found[item] = [value & 0x7F for value in struct.unpack_from(f">{number}B", ipma, place)]
        place += number * (2 if wide else 1)
    return found


def _samples(moov: bytes) -> int:
    """The largest number of samples of any track: the frames of an image sequence."""
    most = 1
    for kind, trak in boxes(moov):
        if kind == b"trak":
            table = _find(trak, b"mdia", b"minf", b"stbl", b"stsz")
            if len(table) >= 12:
                most = max(most, int(struct.unpack_from(">I", table, 8)[0]))
    return most
