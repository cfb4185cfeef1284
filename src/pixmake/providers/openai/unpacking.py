"""Providers room: pictures taken out of a JSON answer while it comes in, so that no picture is ever held as text.

What is left of the answer has a mark in the place of each picture, and is small. Strict: what is not base64 from the first
character to the last is damaged, and said to be.
"""

from __future__ import annotations

import binascii
import io
import json
import re
from collections.abc import Callable

from pixmake.providers.base import Landing

FIELD = re.compile(rb'"b64_json"\s*:\s*"')
OVERLAP = 64
"""Bytes before a piece in which the field's name may have begun."""
SLICE = 4096
"""Bytes of an answer that are looked at at once for the next picture: few are not of one."""
LIFTED = "\0 lifted "
"""Begins the text that stands in the JSON for a picture that was taken out of it."""
ESCAPED = re.compile(rb'(?:[^"\\]|\\(?:u[0-9a-fA-F]{4}|[^u]))*')
LONGEST_ESCAPE = len(r"\u0000")
MOST_LANDED = 16
"""Pictures of one answer that get a landing of their own: more than are asked for. A file is open for each."""
MOST_PREFIX = 200
"""Characters of `data:…,` before base64."""


def _decoder() -> Callable[[bytes | memoryview], bytes]:
    """The quickest strict decoder there is; raises ValueError. Python's own takes 50 times as long as pybase64."""
    try:
        import pybase64
    except ImportError:
        return lambda text: binascii.a2b_base64(text, strict_mode=True)
    return lambda text: pybase64.b64decode(text, validate=True)


decode = _decoder()


class Held:
    """A landing in memory: for who has no store at hand."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()

    def write(self, data: bytes) -> None:
        self._bytes.write(data)

    def read(self) -> bytes:
        return self._bytes.getvalue()  # the very buffer, where it is not written again

    def abandon(self) -> None:
        self._bytes.close()


class Base64:
    """One text of base64, decoded as it comes, with or without `data:…,` before it."""

    def __init__(self, landing: Landing) -> None:
        self.landing = landing
        self.whole = False
        """Whether it has ended, without damage and not empty."""
        self.begun = False
        """Whether there was a single character."""
        self.taken = False
        """Whether it has become somebody's."""
        self._damaged = self._padded = self._prefixed = False
        self._waiting = b""

    def take(self, text: bytes | memoryview) -> None:
        """The next characters."""
        self.begun = self.begun or bool(text)
        if not self._prefixed and (self._waiting or text[:1] == b"d"):
            text, self._waiting = self._waiting + bytes(text), b""
            if len(text) < MOST_PREFIX and b"data:".startswith(text[:5]) and b"," not in text:
                self._waiting = text
                return
            text = _without_prefix(text)
        if text:
            self._decode(text)

    def _decode(self, text: bytes | memoryview) -> None:
        """In fours; what is over waits. Megabytes are looked at where they are, not copied."""
        self._prefixed = True
        fours, view = self._completed(text)
        usable = len(view) & ~3
        self._waiting += bytes(view[usable:])
        if fours:
            self._write(fours)
        if usable:
            self._write(view[:usable])

    def _completed(self, text: bytes | memoryview) -> tuple[bytes, memoryview]:
        """What was waiting with the characters that make it four, and what follows."""
        if not self._waiting:
            return b"", memoryview(text)
        lack = -len(self._waiting) & 3
        waiting, self._waiting = self._waiting + bytes(text[:lack]), b""
        if len(waiting) & 3:
            self._waiting = waiting
            return b"", memoryview(b"")
        return waiting, memoryview(text)[lack:]

    def _write(self, fours: bytes | memoryview) -> None:
        if self._damaged or self._padded:  # nothing may follow the padding
            self._damaged = True
            return
        self._padded = fours[-1:] == b"="
        try:
            data = decode(fours)
        except ValueError:
            self._damaged = True
            return
        self.landing.write(data)
        self.whole = True  # so far

    def end(self) -> bool:
        """That was all; whether it is a picture's bytes."""
        if not self._prefixed:
            text, self._waiting = self._waiting, b""
            self._decode(_without_prefix(text))
        self.whole = self.whole and not self._damaged and not self._waiting
        return self.whole


def _without_prefix(text: bytes) -> bytes:
    return text[text[:MOST_PREFIX].find(b",") + 1 :] if text.startswith(b"data:") else text


class Unpacker:
    """An answer as it comes in. `land` opens the landing of picture 0, 1, …; None: they are held in memory."""

    def __init__(self, land: Callable[[int], Landing] | None = None) -> None:
        self.rest = bytearray()
        """The answer without its pictures."""
        self.pictures: list[Base64] = []
        self._land = land
        self._now: Base64 | None = None
        self._escape: bytes | None = None
        """The start of an escape in the text that comes now; None while there was none in it."""
        self._searched = 0

    def take(self, piece: bytes | bytearray, size: int | None = None) -> None:
        """The next bytes of the answer: the first `size` of `piece`, or all. None of them is needed any longer then."""
        at, end = 0, len(piece) if size is None else size
        while at < end:
            at = self._outside(piece, at, end) if self._now is None else self._inside(self._now, piece, at, end)

    def abandon(self) -> None:
        """Lets go of the pictures that became nobody's."""
        for picture in self.pictures:
            if not picture.taken:
                picture.landing.abandon()

    def _outside(self, piece: bytes | bytearray, at: int, end: int) -> int:
        """Takes what is around pictures; returns where to go on."""
        end = min(end, at + SLICE)
        known = len(self.rest)
        self.rest += memoryview(piece)[at:end]
        found = FIELD.search(self.rest, max(self._searched, known - OVERLAP))
        if found is None:
            return end
        number = len(self.pictures)
        at += found.end() - known
        del self.rest[found.start() :]
        self.rest += b'"b64_json":' + json.dumps(f"{LIFTED}{number}").encode()[:-1]
        self._now = Base64(self._land(number) if self._land and number < MOST_LANDED else Held())
        self.pictures.append(self._now)
        return at

    def _inside(self, picture: Base64, piece: bytes | bytearray, at: int, end: int) -> int:
        """Megabytes are only ever searched for single bytes: a pattern that matched them took longer than decoding."""
        quote = piece.find(b'"', at, end)
        stop = end if quote < 0 else quote
        if self._escape is not None or piece.find(b"\\", at, stop) >= 0:
            return self._escaped(picture, bytes(memoryview(piece)[at:end]), end)
        picture.take(memoryview(piece)[at:stop])
        if quote < 0:
            return end
        self._over(picture)
        return quote + 1

    def _escaped(self, picture: Base64, piece: bytes, end: int) -> int:
        """The slow way, for a text with escapes in it: `\\/`, or line breaks, which base64 may have."""
        text, at = (self._escape or b"") + piece, 0
        while True:
            found = ESCAPED.match(text, at)
            stop = found.end() if found else at
            picture.take(b"".join(_plain(text[at:stop]).split()))
            if text[stop : stop + 1] == b'"':
                break
            if len(text) - stop < LONGEST_ESCAPE:
                self._escape = text[stop:]
                return end
            picture.take(b"\\")  # no escape at all: damaged, and the JSON around it too
            at = stop + 1
        self._over(picture)
        behind = text[stop + 1 :]
        self.rest += behind[: max(0, len(behind) - len(piece))]  # of what was kept of the piece before
        return end - min(len(behind), len(piece))

    def _over(self, picture: Base64) -> None:
        """A picture ended; its quotation mark was seen."""
        picture.end()
        self._now = self._escape = None
        self.rest += b'"'
        self._searched = len(self.rest)


def _plain(text: bytes) -> bytes:
    """JSON text without its escapes; as it is where it is no JSON."""
    try:
        plain = json.loads(b'"' + text + b'"', strict=False)
    except ValueError:
        return text
    return plain.encode("utf-8", "replace") if isinstance(plain, str) else text
