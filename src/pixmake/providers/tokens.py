"""Providers room: how many tokens a picture or a prompt counts at OpenAI. Pure arithmetic.

Sources: the calculator script of OpenAI's pricing page for output tokens (agrees with usage read back by users);
readings of `usage` by third parties for input tokens; both as of 2026-11-22.
"""

from __future__ import annotations

import unicodedata
from math import ceil, floor, sqrt

TEXT_OVERHEAD = {"generate": 6, "edit": 16}
"""Tokens that a request adds to its prompt (measured by third parties)."""


def output_tokens(width: int, height: int, base: int) -> int:
    """Output tokens of one picture of models 2 and 2.5; `base` is the quality's row (16 for low, say)."""
    long, short = max(width, height), min(width, height)
    units = round(base * short / long)  # half to even, as the calculator does
    return ceil(base * units * (2_000_000 + width * height) / 4_000_000)


def input_tokens(width: int, height: int) -> int:
    """Tokens of one input picture of models 2 and 2.5: patches of 32 pixels, 1536 at most. Masks count nothing."""
    if max(width, height) < 1024:
        scale = 1024 / max(width, height)
        width, height = round(width * scale), round(height * scale)
    patches = ceil(width / 32) * ceil(height / 32)
    if patches <= 1536:
        return patches
    scale = sqrt(32 * 32 * 1536 / (width * height))
    across, down = width * scale / 32, height * scale / 32
    scale *= min(floor(across) / across, floor(down) / down)
    return ceil(floor(width * scale) / 32) * ceil(floor(height * scale) / 32)


def tile_tokens(width: int, height: int, *, high_fidelity: bool) -> int:
    """Tokens of one input picture of models 1, 1.5 and mini: the shorter side scaled to 512, tiles of 512."""
    scale = 512 / min(width, height)
    tiles = ceil(round(width * scale) / 512) * ceil(round(height * scale) / 512)
    extra = (4160 if width == height else 6240) if high_fidelity else 0
    return 65 + 129 * tiles + extra


def text_tokens(prompt: str, operation: str) -> tuple[int, int]:
    """A guess and a ceiling: 4 characters a token and one per CJK character; never more than one a UTF-8 byte."""
    wide = 0 if prompt.isascii() else sum(1 for char in prompt if unicodedata.east_asian_width(char) in "WF")
    overhead = TEXT_OVERHEAD[operation]
    guess = overhead + wide + ceil((len(prompt) - wide) / 4)
    return guess, overhead + len(prompt.encode("utf-8", "surrogatepass"))
