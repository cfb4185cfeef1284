"""What users hand in wrongly, and the whole text of what they get; nothing is bought, nothing is lost."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.project import Ground
from pixmake.diagnostics import Problem, render

HEAD = "version: 1\ndefaults: {model: gpt-image-2.5-flare}\nassets:\n"


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header promises far more than it holds."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def texts(ground: Ground) -> list[str]:
    plan = ground.plan()
    return [render(item) for item in (*plan.problems, *plan.warnings)]


Prepare = Callable[[Ground], object]

CASES: dict[str, tuple[str, Prepare, str]] = {
    "bomb": (
        "  a: {prompt: x, references: [ref.png]}\n",
        lambda ground: ground.write("ref.png", "").write_bytes(bomb(30000, 30000)),
        """assets.yaml:4:31: error[bad-picture]: 'ref.png' is 30000x30000 pixels; a side may have at most 16384
    4 |   a: {prompt: x, references: [ref.png]}
      |                               ^^^^^^^
help: scale it down first""",
    ),
    "a page": (
        "  a: {prompt: x, references: [ref.png]}\n",
        lambda ground: ground.write("ref.png", "<!doctype html><html></html>"),
        """assets.yaml:4:31: error[bad-picture]: 'ref.png' is an HTML page, not a picture
    4 |   a: {prompt: x, references: [ref.png]}
      |                               ^^^^^^^
help: a server may have answered with a page; fetch the picture itself""",
    ),
    "a mask of a third size": (
        "  a: {from: base.png, prompt: x, mask: m.png, size: 256x256}\n",
        lambda ground: (ground.picture("base.png", (1024, 1024)), ground.mask("m.png", (100, 100), (1, 1, 9, 9))),
        """assets.yaml:4:40: error[mask-size]: the mask 'm.png' is 100x100, but it must be 1024x1024 (the parent's size) \
or 256x256 (the asset's size)
    4 |   a: {from: base.png, prompt: x, mask: m.png, size: 256x256}
      |                                        ^^^^^
help: scale the mask to one of these sizes""",
    ),
    "a mask without alpha": (
        "  a: {from: base.png, prompt: x, mask: m.png}\n",
        lambda ground: (
            ground.picture("base.png", (1024, 1024)),
            ground.picture("m.png", (1024, 1024), "white", "L"),
        ),
        """assets.yaml:4:40: error[mask-without-alpha]: the mask 'm.png' has no alpha channel; a mask is transparent \
where it repaints
    4 |   a: {from: base.png, prompt: x, mask: m.png}
      |                                        ^^^^^
help: convert it, so that white is repainted (leave ImageOps.invert out where black is):
      python -c "from PIL import Image, ImageOps; m = Image.open('m.png').convert('L'); \
m.putalpha(ImageOps.invert(m)); m.save('m-alpha.png')\"""",
    ),
    "a retired model": (
        "  a: {prompt: x, model: gpt-image-1}\n",
        lambda ground: None,
        "",
    ),
    "a pick beyond": (
        "  a: {prompt: x, pick: 3}\n",
        lambda ground: None,
        """assets.yaml:4:24: error[pick-beyond-variants]: pick: 3 asks for a candidate that nobody ordered: variants is 1
    4 |   a: {prompt: x, pick: 3}
      |                        ^
help: set variants: 3, or pick one of 1 to 1""",
    ),
    "a pick beyond, of what waits": (
        "  b: {prompt: y}\n  a: {prompt: x, from: '@b', pick: 3}\n",
        lambda ground: None,
        """assets.yaml:5:36: error[pick-beyond-variants]: pick: 3 asks for a candidate that nobody ordered: variants is 1
    5 |   a: {prompt: x, from: '@b', pick: 3}
      |                                    ^
help: set variants: 3, or pick one of 1 to 1""",
    ),
    "a banner": (
        "  a: {prompt: x, size: 1920x32}\n",
        lambda ground: None,
        """assets.yaml:4:24: warning[crop-wastes]: 1920x640 is asked for and cut to 1920x32: 5% of the picture is used
    4 |   a: {prompt: x, size: 1920x32}
      |                        ^^^^^^^
help: choose a size nearer to what the model makes, or fit: pad""",
    ),
    "larger than anything": (
        "  a: {prompt: x, size: 5000x5000}\n",
        lambda ground: None,
        """assets.yaml:4:24: warning[enlarges]: 2880x2880 is asked for and enlarged to 5000x5000
    4 |   a: {prompt: x, size: 5000x5000}
      |                        ^^^^^^^^^
help: choose a smaller size""",
    ),
    "a size that can't be asked for": (
        "  a: {prompt: x, request_size: 100x100}\n",
        lambda ground: None,
        """assets.yaml:4:32: error[impossible-size]: gpt-image-2.5-flare can't make 100x100
    4 |   a: {prompt: x, request_size: 100x100}
      |                                ^^^^^^^
help: sides are multiples of 16, at most 3840, at most 3:1, 655360 to 8294400 pixels in all; or leave request_size out

assets.yaml:4:3: warning[enlarges]: 100x100 is asked for and enlarged to 1024x1024
    4 |   a: {prompt: x, request_size: 100x100}
      |   ^
help: choose a smaller size""",
    ),
}


@pytest.mark.parametrize("name", [name for name in CASES if name != "a retired model"])
def test_text(name: str, tmp_path: Path) -> None:
    spec, prepare, expected = CASES[name]
    ground = Ground(tmp_path, HEAD + spec)
    prepare(ground)
    assert "\n\n".join(texts(ground)) == expected
    assert ground.sent() == 0


def real_models(ground: Ground, tmp_path: Path) -> list[str]:
    """Texts of a plan with OpenAI's own model table."""
    from pixmake.build.project import Project

    plan = Project(ground.root / "assets.yaml", store=tmp_path / "store", env={}).plan()
    return [render(item) for item in (*plan.problems, *plan.warnings)]


def test_no_model_is_told_once_with_the_line_to_add(tmp_path: Path) -> None:
    ground = Ground(tmp_path, "version: 1\nassets:\n  a: x\n  b: y\n  c: z\n")
    assert real_models(ground, tmp_path) == [
        """assets.yaml:3:6: error[no-model]: 'a' has to be bought, and no model is named
    3 |   a: x
      |      ^
note: and so for 2 more assets
help: add a model, for example
        defaults: {model: gpt-image-2.5-flare}
      or make free drafts: pixmake build --draft"""
    ]


EARLY = """\
  base: {prompt: x, size: 512x512}
  chain: {prompt: x, size: 512x512, edits: [{prompt: y, mask: %s}]}
  other: {from: "@base", prompt: z, mask: %s}
  derived: {from: "@base"}
  third: {from: "@derived", prompt: z, mask: %s}
"""


@pytest.mark.parametrize("name", ["small.png", "flat.png"])
def test_a_mask_that_can_not_fit_is_told_before_its_parent_is_bought(name: str, tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + EARLY % (name, name, name))
    ground.mask("small.png", (100, 100), (1, 1, 9, 9))
    ground.picture("flat.png", (512, 512), "white", "L")
    plan = ground.plan()
    code = "mask-size" if name == "small.png" else "mask-without-alpha"
    assert [(item.code, item.span.line if item.span else 0) for item in plan.problems] == [
        (code, 5),
        (code, 6),
        (code, 8),
    ]
    with pytest.raises(Problem):
        ground.build()
    assert ground.sent() == 0


def test_a_mask_that_fits_waits_for_its_parent(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + EARLY % ("large.png", "final.png", "large.png"))
    ground.mask("large.png", (1024, 1024), (1, 1, 9, 9))
    ground.mask("final.png", (512, 512), (1, 1, 9, 9))
    ground.edit("prompt: z, mask: final", "prompt: z, size: 512x512, mask: final")
    assert ground.plan().problems == ()
    assert (ground.build(yes=True).exit_code, ground.sent()) == (0, 4)


def test_a_retired_model(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + CASES["a retired model"][0])
    assert real_models(ground, tmp_path) == [
        """assets.yaml:4:25: error[retired-model]: the model 'gpt-image-1' was switched off on 2026-10-23: nothing new can \
be bought from it
    4 |   a: {prompt: x, model: gpt-image-1}
      |                         ^^^^^^^^^^^
help: name another model; its successor is gpt-image-2.6-sunburst; what was bought stays"""
    ]


def test_an_unknown_model_is_warned_of_and_its_price_is_not_known(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD.replace("gpt-image-2.5-flare", "gpt-image-2.5-flair") + "  a: x\n  b: y\n")
    assert real_models(ground, tmp_path) == [
        """assets.yaml:2:19: warning[unknown-model]: the model 'gpt-image-2.5-flair' is not in this version's table: its \
price and limits are unknown
    2 | defaults: {model: gpt-image-2.5-flair}
      |                   ^^^^^^^^^^^^^^^^^^^
note: and so for 1 more asset
help: did you mean 'gpt-image-2.5-flare'?"""
    ]


def test_an_unknown_model_of_a_server_of_ones_own(tmp_path: Path) -> None:
    """The provider that is asked is named; where its price is stated, the name is nobody's matter."""
    spec = HEAD.replace("gpt-image-2.5-flare", "flux-dev, provider: studio")
    studio = "providers: {studio: {type: openai, base_url: 'http://127.0.0.1:9/v1'}}\n"
    said = real_models(Ground(tmp_path / "a", spec.replace("defaults", studio + "defaults") + "  a: x\n"), tmp_path)
    assert [text.rsplit("\n", 1)[1] for text in said] == [
        "help: state what it costs: providers: {studio: {price_per_image: 0.05}}"
    ]
    priced = studio.replace("}}", ", price_per_image: 0}}")
    assert (
        real_models(Ground(tmp_path / "b", spec.replace("defaults", priced + "defaults") + "  a: x\n"), tmp_path) == []
    )


def test_drafts_need_no_model(tmp_path: Path) -> None:
    from pixmake.build.project import Project

    ground = Ground(tmp_path, "version: 1\nassets:\n  a: x\n")
    plan = Project(ground.root / "assets.yaml", store=tmp_path / "store", env={}).plan(draft=True)
    assert (plan.problems, plan.warnings) == ((), ())


def test_what_a_model_does_not_take(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + "  a: {prompt: x, model: gpt-image-2, quality: max, complexity: low}\n")
    assert real_models(ground, tmp_path) == [
        """assets.yaml:4:47: error[not-accepted]: gpt-image-2 has no quality 'max'
    4 |   a: {prompt: x, model: gpt-image-2, quality: max, complexity: low}
      |                                               ^^^
help: possible: low, medium, high, auto""",
        """assets.yaml:4:64: error[not-accepted]: gpt-image-2 takes no complexity
    4 |   a: {prompt: x, model: gpt-image-2, quality: max, complexity: low}
      |                                                                ^^^
help: leave complexity out, or choose another model""",
    ]


def test_drafts_are_made_in_spite_of_what_stands_in_the_way_of_buying(tmp_path: Path) -> None:
    ground = Ground(tmp_path, "version: 1\nassets:\n  a: {prompt: a key, size: 64x64}\n")
    assert ground.build(draft=True, yes=False).exit_code == 0


def test_building_with_errors_sends_nothing(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + "  a: {prompt: x, pick: 3}\n  b: y\n")
    with pytest.raises(Problem) as caught:
        ground.build()
    assert caught.value.exit_code == 2
    assert ground.sent() == 0


def test_a_half_written_lock_stops_the_build_and_names_the_line(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + "  a: x\n  b: y\n")
    ground.build()
    ground.sent()
    lock = ground.root / "assets.lock"
    torn = lock.read_text()[:-30]
    lock.write_text(torn)
    with pytest.raises(Problem) as caught:
        ground.build()
    assert caught.value.exit_code == 8
    assert "assets.lock:3:1: error[lock-damaged]" in str(caught.value)
    assert lock.read_text() == torn
    lines = torn.splitlines()
    lock.write_text("\n".join(lines[:-1]) + "\n")
    assert (ground.build().exit_code, ground.sent()) == (0, 0)


def test_a_lock_with_conflict_markers_is_united(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + "  a: x\n  b: y\n")
    ground.build()
    ground.sent()
    lock = ground.root / "assets.lock"
    whole = lock.read_text()
    head, first, second = whole.splitlines()
    lock.write_text(f"{head}\n<<<<<<< HEAD\n{first}\n=======\n{second}\n>>>>>>> other\n")
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
    assert lock.read_text() == whole


def test_a_conversation_about_a_markup(tmp_path: Path) -> None:
    talk = "api: responses, responses_model: gpt-6-astra"
    ground = Ground(tmp_path, HEAD + f"  a: {{prompt: x, {talk}, from: a.png, markup: m.png}}\n")
    ground.picture("a.png")
    ground.mask("m.png", (64, 64), (0, 0, 9, 9))
    (text,) = real_models(ground, tmp_path)
    assert "error[not-accepted]: 'api: responses' takes no markup" in text
    assert text.endswith("help: use a mask, or leave api out: images works")


def test_a_conversation_with_nobody(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + "  a: {prompt: x, api: responses}\n")
    assert real_models(ground, tmp_path) == [
        """assets.yaml:4:23: error[no-responses-model]: 'api: responses' talks to a mainline model, and none is named
    4 |   a: {prompt: x, api: responses}
      |                       ^^^^^^^^^
help: add the model to talk to, for example
        responses_model: gpt-6-astra
      or leave api out"""
    ]
