"""A draft of equal requests is equal, in every process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest

from pixmake.providers.base import Request
from pixmake.providers.draft import draw


def request(prompt: str, **fields: object) -> Request:
    return Request(
        operation="generate",
        provider="draft",
        model=None,
        prompt=prompt,
        size=str(fields.get("size", "96x64")),
        kind=fields.get("kind", "raster"),  # type: ignore[arg-type]
        background=fields.get("background"),  # type: ignore[arg-type]
    )


PROGRAM = """
import hashlib
from pixmake.providers.base import Request
from pixmake.providers.draft import draw
for prompt in ("three red foxes in a snowy forest at night", "qqq zzz", "a goblin, watercolor", "a city, pixel art"):
    for kind in ("raster", "svg", "gif"):
        asked = Request(operation="generate", provider="draft", model=None, prompt=prompt, size="96x64", kind=kind)
        print(hashlib.sha256(draw(asked, (), 2)).hexdigest())
"""


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_other_processes_draw_the_same_bytes(seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    ran = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    here = [
        hashlib.sha256(draw(request(prompt, kind=kind), (), 2)).hexdigest()
        for prompt in (
            "three red foxes in a snowy forest at night",
            "qqq zzz",
            "a goblin, watercolor",
            "a city, pixel art",
        )
        for kind in ("raster", "svg", "gif")
    ]
    assert ran.stdout.split() == here


def test_variants_of_a_request_differ() -> None:
    drawn = {draw(request("a dragon over mountains"), (), variant) for variant in range(1, 7)}
    assert len(drawn) == 6
