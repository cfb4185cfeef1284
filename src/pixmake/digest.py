"""Root room: canonical bytes and SHA-256. Equal values give equal bytes on every machine, for ever."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, NewType

Digest = NewType("Digest", str)
"""64 lower-case hexadecimal digits: the SHA-256 of some bytes."""

CHUNK = 1 << 20
LEAST_READ, MOST_READ = 1 << 12, 1 << 30
"""Bytes that are asked of the system at once."""
READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def sha256_bytes(data: bytes | memoryview) -> Digest:
    """Digest of `data`."""
    return Digest(hashlib.sha256(data).hexdigest())


def open_file(path: str | Path) -> BinaryIO:
    """Opens a file for reading. Raises OSError as `opened` does."""
    return os.fdopen(opened(path), "rb")


def opened(path: str | Path) -> int:
    """A descriptor of a file, for reading. Raises OSError as `open` does, and for a pipe or a device: reading those may
    never end, and a foreign project can have a link to one under any name."""
    descriptor = os.open(path, READING)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        if stat.S_ISDIR(mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
        raise OSError(errno.EINVAL, "no file but a pipe or a device", os.fspath(path))
    return descriptor


def read_file(path: str | Path) -> bytes:
    """A file's bytes. Raises OSError as `opened` does."""
    descriptor = opened(path)
    try:
        return read_on(descriptor)
    finally:
        os.close(descriptor)


def read_on(descriptor: int) -> bytes:
    """All bytes from where a descriptor stands to the end of its file, in as few calls as the system needs. Raises OSError."""
    left, pieces = os.fstat(descriptor).st_size - os.lseek(descriptor, 0, os.SEEK_CUR), []
    while piece := os.read(descriptor, min(max(left + 1, LEAST_READ), MOST_READ)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)  # one piece is not copied


def sha256_file(path: Path) -> Digest:
    """Digest of a file's content, read in 1 MiB chunks. Raises OSError as `open_file` does."""
    state = hashlib.sha256()
    with open_file(path) as stream:
        while chunk := stream.read(CHUNK):
            state.update(chunk)
    return Digest(state.hexdigest())


def canonical_json(value: object) -> bytes:
    """UTF-8 JSON with sorted keys and no white space; the one text that keys are made of.

    Only None, bool, int, str, Decimal, lists, tuples and maps with text keys are taken. A Decimal
    becomes `{"$decimal": "0.5"}` in its shortest form, so that no float formatting is involved; a
    map key that starts with `$` gets another `$`, so that no user's map can look like a Decimal.

    Raises TypeError for a float or any other type: what can't be written exactly is not hashed.
    """
    return _CANONICAL.encode(_framed(value)).encode("utf-8", "surrogatepass")


_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
_PLAIN = frozenset({str, int, bool, type(None)})
_TEXT = frozenset({str})


def _framed(value: object) -> object:
    if type(value) in _PLAIN or isinstance(value, bool | int | str):  # the set is the quick way to most of them
        return value
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise TypeError(f"not a finite number: {value}")
        return {"$decimal": decimal_text(value)}
    if type(value) is dict and _needs_no_frame(value):
        return value
    if isinstance(value, Mapping):
        return {_map_key(key): _framed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_framed(item) for item in value]
    raise TypeError(f"cannot be hashed: {type(value).__name__} {value!r}")


def _needs_no_frame(value: dict[object, object]) -> bool:
    """Whether a map holds nothing that would be written otherwise than it is; False also in doubt."""
    plain = _PLAIN.issuperset(map(type, value.values())) and _TEXT.issuperset(map(type, value))
    return plain and "$" not in "".join(value)  # type: ignore[arg-type]


def _map_key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a map key must be text, not {type(key).__name__} {key!r}")
    return f"${key}" if key.startswith("$") else key


def decimal_text(value: Decimal) -> str:
    """The shortest plain notation of a decimal: `0.5`, `120`, never `1.2E+2`."""
    text = format(value.normalize(), "f")
    return "0" if text == "-0" else text


def labelled_digest(label: str, value: object) -> Digest:
    """`sha256(label + "\\n" + canonical_json(value))`: digests of different kinds never collide."""
    return sha256_bytes(label.encode() + b"\n" + canonical_json(value))
