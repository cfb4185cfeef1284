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
LIFTED = "\0 lifted "
"""Begins the text that stands in the JSON for a picture that was taken out of it."""
ESCAPED = re.compile(rb'(?:[^"\\]|\\(?:u[0-9a-fA-F]{4}|[^u]))*')
LONGEST_ESCAPE = len(r"\u0000")
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

    def take(self, text: bytes) -> None:
        """The next characters."""
        self.begun = self.begun or bool(text)
        if not self._prefixed:
            text, self._waiting = self._waiting + text, b""
            if len(text) < MOST_PREFIX and b"data:".startswith(text[:5]) and b"," not in text:
                self._waiting = text
                return
            text = _without_prefix(text)
        self._decode(text)

    def _decode(self, text: bytes) -> None:
        """In fours; what is over waits. Megabytes are looked at where they are, not copied."""
        self._prefixed = True
        text, view = self._completed(text)
        usable = len(view) & ~3
        self._waiting += bytes(view[usable:])
        if text:
            self._write(text)
        if usable:
            self._write(view[:usable])

    def _completed(self, text: bytes) -> tuple[bytes, memoryview]:
        """What was waiting with the characters that make it four, and what follows."""
        if not self._waiting:
            return b"", memoryview(text)
        lack = -len(self._waiting) & 3
        waiting, self._waiting = self._waiting + text[:lack], b""
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

    def take(self, piece: bytes) -> None:
        """The next bytes of the answer."""
        while piece:
            piece = self._outside(piece) if self._now is None else self._inside(self._now, piece)

    def abandon(self) -> None:
        """Lets go of the pictures that became nobody's."""
        for picture in self.pictures:
            if not picture.taken:
                picture.landing.abandon()

    def _outside(self, piece: bytes) -> bytes:
        start = max(self._searched, len(self.rest) - OVERLAP)
        self.rest += piece
        found = FIELD.search(self.rest, start)
        if found is None:
            return b""
        after = bytes(self.rest[found.end() :])
        number = len(self.pictures)
        del self.rest[found.start() :]
        self.rest += b'"b64_json":' + json.dumps(f"{LIFTED}{number}").encode()[:-1]
        self._now = Base64(self._land(number) if self._land else Held())
        self.pictures.append(self._now)
        return after

    def _inside(self, picture: Base64, piece: bytes) -> bytes:
        """Megabytes are only ever searched for single bytes: a pattern that matched them took longer than decoding."""
        end = piece.find(b'"')
        text = piece if end < 0 else piece[:end]
        if self._escape is not None or b"\\" in text:
            return self._escaped(picture, piece)
        picture.take(text)
        return b"" if end < 0 else self._over(picture, piece[end:])

    def _escaped(self, picture: Base64, piece: bytes) -> bytes:
        """The slow way, for a text with escapes in it: `\\/`, or line breaks, which base64 may have."""
        piece = (self._escape or b"") + piece
        found = ESCAPED.match(piece)
        end = found.end() if found else 0
        picture.take(b"".join(_plain(piece[:end]).split()))
        rest = piece[end:]
        if rest[:1] == b'"':
            return self._over(picture, rest)
        if len(rest) < LONGEST_ESCAPE:
            self._escape = rest
            return b""
        picture.take(b"\\")  # no escape at all: damaged, and the JSON around it too
        return rest[1:]

    def _over(self, picture: Base64, rest: bytes) -> bytes:
        """A picture ended; `rest` begins with its quotation mark."""
        picture.end()
        self._now = self._escape = None
        self.rest += b'"'
        self._searched = len(self.rest)
        return rest[1:]


def _plain(text: bytes) -> bytes:
    """JSON text without its escapes; as it is where it is no JSON."""
    try:
        plain = json.loads(b'"' + text + b'"', strict=False)
    except ValueError:
        return text
    return plain.encode("utf-8", "replace") if isinstance(plain, str) else text
