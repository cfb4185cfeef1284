"""Drawings and animations through the whole path: asked for, paid, kept as they came, published safely, found again."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from fakes.openai_server import FakeOpenAI, Paint
from pixmake.build.project import Project
from pixmake.build.report import BuildReport
from pixmake.diagnostics import render
from pixmake.imaging.svg import check_svg

HEAD = "version: 1\ndefaults: {model: gpt-image-2.6-flare, quality: low, size: 960x720}\nassets:\n"
DRAWN = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 12 9"><rect width="12" height="9" fill="#00f"/>'
    '<circle cx="6" cy="4.5" r="3" fill="#f00"/>%s</svg>\n'
)
CLEAN = DRAWN % ""
HOSTILE = DRAWN % "<script>alert(1)</script><image href='http://evil.example/a.png' onload='x()'/>"
KEYED = """providers: {openai: {models: {gpt-6-astra: {prices: {text_in: 2, text_out: 10}}}}}
"""


def project(root: Path, assets: str, head: str = HEAD) -> Project:
    root.mkdir(exist_ok=True)
    (root / "assets.yaml").write_text(head + assets, "utf-8")
    return Project(root / "assets.yaml", store=root.parent / "store")


def build(root: Path, assets: str, head: str = HEAD) -> BuildReport:
    asked = project(root, assets, head)
    return asked.build(asked.plan(), yes=True, by_name=True)


def opened(path: Path) -> Image.Image:
    return Image.open(io.BytesIO(path.read_bytes()))


# --- SVG -------------------------------------------------------------------------------------------------------------

LOGO = "  logo: {prompt: a red dot, kind: svg, size: 960x720, outputs: [logo.svg, logo.png, logo.webp], variants: 2, pick: 1}\n"


def test_a_drawing_is_bought_alone_and_published_as_it_came(server: FakeOpenAI, tmp_path: Path) -> None:
    server.say(Paint(data=CLEAN.encode()), times=1)
    report = build(tmp_path / "p", LOGO)
    assert report.exit_code == 0, report.problems
    assert [asked.fields["n"] for asked in server.requests] == [1, 1]
    assert [asked.fields["output_format"] for asked in server.requests] == ["svg", "svg"]
    assert (tmp_path / "p/assets/logo.svg").read_text("utf-8") == CLEAN
    for name in ("logo.png", "logo.webp"):
        image = opened(tmp_path / "p/assets" / name).convert("RGB")
        assert image.size == (960, 720), "drawn at the output's size"
        middle, corner = image.getpixel((480, 360)), image.getpixel((5, 5))
        assert isinstance(middle, tuple) and isinstance(corner, tuple)
        assert middle[0] > 240 and middle[2] < 15 and corner[2] > 240


def test_what_is_bought_stays_bought(server: FakeOpenAI, tmp_path: Path) -> None:
    build(tmp_path / "p", LOGO)
    lock = (tmp_path / "p/assets.lock").read_bytes()
    files = {path.name: path.read_bytes() for path in (tmp_path / "p/assets").iterdir()}
    for path in (tmp_path / "p/assets").iterdir():
        path.unlink()
    report = build(tmp_path / "p", LOGO)
    assert report.spent == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "p/assets").iterdir()} == files
    (tmp_path / "p/assets.lock").unlink()
    assert build(tmp_path / "p", LOGO).spent == 0
    assert (tmp_path / "p/assets.lock").read_bytes() == lock
    assert server.count == 2


def test_a_hostile_drawing_is_kept_and_a_safe_one_is_published(server: FakeOpenAI, tmp_path: Path) -> None:
    server.say(Paint(data=HOSTILE.encode()), times=None)
    assets = "  logo: {prompt: a red dot, kind: svg, outputs: [logo.svg, logo.png]}\n"
    report = build(tmp_path / "p", assets)
    assert report.exit_code == 0
    told = [item for item in report.problems if item.code == "drawing-cleaned"]
    assert [render(item) for item in told] == [
        (
            "warning[drawing-cleaned]: 'logo': 'assets/logo.svg' is published without <script>, 'http://evil.example/a.png', "
            "'onload': it would run or fetch something; the original is kept as it came"
        )
    ]
    published = (tmp_path / "p/assets/logo.svg").read_bytes()
    check_svg(published)
    assert b"evil" not in published and b"script" not in published
    kept = [path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file()]
    assert HOSTILE.encode() in kept, "the original as it was bought"
    assert opened(tmp_path / "p/assets/logo.png").size == (960, 720)
    again = build(tmp_path / "p", assets)
    assert (int(again.spent), server.count) == (0, 1)


ENTITIES = '<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + DRAWN % "<text>&a;</text>"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (ENTITIES.encode(), "'logo.svg': the picture is an SVG picture that declares entities, which is not allowed"),
        (None, "'logo.svg': the picture is image/png, and 'assets/logo.svg' is to be a drawing"),
    ],
)
def test_what_can_not_be_published_is_paid_once_and_told(
    server: FakeOpenAI, tmp_path: Path, data: bytes | None, text: str
) -> None:
    server.say(Paint(data=data) if data else Paint(format="png"), times=None)
    report = build(tmp_path / "p", "  logo.svg: {prompt: a red dot, kind: svg}\n")
    assert [item.message for item in report.problems if item.severity == "error"] == [text]
    assert not (tmp_path / "p/assets/logo.svg").exists()
    build(tmp_path / "p", "  logo.svg: {prompt: a red dot, kind: svg}\n")
    assert server.count == 1, "never bought again for that"


def test_a_damaged_drawing_is_unknown_like_any_damaged_picture(server: FakeOpenAI, tmp_path: Path) -> None:
    server.say(Paint(data=CLEAN.encode()[:-8]))
    report = build(tmp_path / "p", "  logo.svg: {prompt: a red dot, kind: svg}\n")
    assert [entry.result for entry in report.entries if entry.entry.step == 0] == ["unknown"]


def test_a_drawing_is_edited_by_its_pixels(server: FakeOpenAI, tmp_path: Path) -> None:
    server.say(Paint(data=HOSTILE.encode()), times=1)
    report = build(tmp_path / "p", "  logo.svg: {prompt: a red dot, kind: svg, edits: [in green]}\n")
    assert report.exit_code == 0
    (part,) = server.requests[1].body.files
    assert (part.field, part.media_type) == ("image", "image/png")
    assert server.requests[1].fields["output_format"] == "svg"


def test_its_author_is_billed_where_a_row_states_what_it_costs(server: FakeOpenAI, tmp_path: Path) -> None:
    assets = "  a.svg: {prompt: a red dot, kind: svg, options: {svg: {model: gpt-6-astra, reasoning: {effort: low}}}}\n"
    head = HEAD.replace("defaults", KEYED + "defaults")
    plan = project(tmp_path / "p", assets, head).plan()
    assert plan.totals.unpriced == 1, "nobody knows before how much it writes"
    report = build(tmp_path / "p", assets, head)
    author = Decimal(50 * 2 + 900 * 10) / 1_000_000
    assert report.spent == server.cost + author
    assert server.requests[0].fields["svg"] == {"model": "gpt-6-astra", "reasoning": {"effort": "low"}}


# --- GIF -------------------------------------------------------------------------------------------------------------

WALK = (
    "  walk: {prompt: a walk, kind: gif, size: 480x360, options: {frame_count: 4, frame_duration_ms: 120}, "
    "outputs: [walk.gif, {path: whole.gif, size: 960x720}, walk.png]}\n"
)


def test_an_animation_keeps_its_frames(server: FakeOpenAI, tmp_path: Path) -> None:
    report = build(tmp_path / "p", WALK)
    assert report.exit_code == 0, report.problems
    fields = server.requests[0].fields
    assert (fields["output_format"], fields["frame_count"], fields["frame_duration_ms"]) == ("gif", 4, 120)
    assert (fields["size"], fields["n"]) == ("1104x816", 1)
    small, whole, still = (opened(tmp_path / "p/assets" / name) for name in ("walk.gif", "whole.gif", "walk.png"))
    assert (small.size, small.n_frames) == ((480, 360), 4)  # type: ignore[attr-defined]
    assert (whole.size, whole.n_frames) == ((960, 720), 4)  # type: ignore[attr-defined]
    assert (still.size, getattr(still, "n_frames", 1)) == ((480, 360), 1)
    assert small.info["duration"] == 200
    assert [item.code for item in report.plan.warnings] == ["first-frame"]
    assert build(tmp_path / "p", WALK).spent == 0
    assert server.count == 1


def test_an_animation_costs_between_one_frame_and_its_sheet(server: FakeOpenAI, tmp_path: Path) -> None:
    plan = project(tmp_path / "p", WALK).plan()
    assert plan.totals.cost is not None
    assert plan.totals.cost.rough
    still = project(
        tmp_path / "q",
        WALK.replace("kind: gif", "kind: raster").replace(
            "options: {frame_count: 4, frame_duration_ms: 120}, ", "request_size: 1104x816, "
        ),
    ).plan()
    assert still.totals.cost is not None
    assert plan.totals.cost.low == still.totals.cost.low
    assert plan.totals.cost.high > 2 * still.totals.cost.high


def test_one_of_the_size_asked_is_published_byte_for_byte(server: FakeOpenAI, tmp_path: Path) -> None:
    build(tmp_path / "p", "  walk.gif: {prompt: a walk, kind: gif, size: 960x720}\n")
    published = (tmp_path / "p/assets/walk.gif").read_bytes()
    kept = [path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file()]
    assert published in kept
    assert opened(tmp_path / "p/assets/walk.gif").n_frames == 9  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("frames", "size"), [(9, "960x960"), (12, "816x816"), (16, "720x720")], ids=["nine", "twelve", "sixteen"]
)
def test_more_frames_are_smaller(server: FakeOpenAI, tmp_path: Path, frames: int, size: str) -> None:
    assets = f"  walk.gif: {{prompt: a walk, kind: gif, size: 1024x1024, options: {{frame_count: {frames}}}}}\n"
    (entry, *_) = project(tmp_path / "p", assets).plan().entries
    assert entry.verdict.request is not None and entry.verdict.request.size == size


# --- what can't be asked for -----------------------------------------------------------------------------------------

REFUSED = [
    ("  a.svg: {prompt: x, kind: svg, model: gpt-image-2}\n", "gpt-image-2 has no kind 'svg'"),
    ("  a.gif: {prompt: x, kind: gif, model: gpt-image-2.5-flare}\n", "gpt-image-2.5-flare has no kind 'gif'"),
    ("  a: {prompt: x, options: {frame_count: 4}}\n", "'frame_count' is only for 'kind: gif'"),
    ("  a: {prompt: x, options: {svg: {model: m}}}\n", "'svg' is only for 'kind: svg'"),
    ("  a.gif: {prompt: x, kind: gif, options: {frame_count: 17}}\n", "'frame_count' can't be '17'"),
    ("  a.gif: {prompt: x, kind: gif, options: {frame_count: 2.5}}\n", "'frame_count' can't be '2.5'"),
    (
        "  a.gif: {prompt: x, kind: gif, options: {frame_duration_ms: 700000}}\n",
        "'frame_duration_ms' can't be '700000'",
    ),
    ("  a.svg: {prompt: x, kind: svg, options: {svg: {author: m}}}\n", "'svg' takes no 'author'"),
    ("  a.svg: {prompt: x, kind: svg, options: {svg: {reasoning: {effort: huge}}}}\n", "'svg' has no such reasoning"),
    ("  a.svg: {prompt: x, kind: svg, options: {svg: low}}\n", "'svg' can't be 'low'"),
    (
        "  a.gif: {prompt: x, kind: gif, request_size: 1024x1024}\n",
        "gpt-image-2.6-flare can't make 1024x1024 in so many frames",
    ),
    ("  a.gif: {prompt: x, kind: gif, edits: [run]}\n", "the picture of step 0 is an animation, and models take none"),
    (
        "  a.gif: {prompt: x, kind: gif}\n  b: {prompt: y, references: ['@a.gif']}\n",
        "'@a.gif' is an animation, and models take none as an input",
    ),
    ("  b: {prompt: y, from: walk.gif}\n", "'walk.gif' is an animation, and models take none as an input"),
    (
        "  a.gif: {from: still.png, prompt: x, kind: gif, mask: {rect: [0, 0, 1, 0.5]}}\n",
        "a GIF can't be made with a mask",
    ),
    (
        "  a.svg: {from: still.png, prompt: x, kind: svg, mask: {rect: [0, 0, 1, 0.5]}}\n",
        "a fence makes pixels of a drawing, and an output of it is an .svg",
    ),
]


@pytest.mark.parametrize(("assets", "text"), REFUSED, ids=[text for _, text in REFUSED])
def test_what_does_not_go_together_is_said_before_anything_is_sent(
    server: FakeOpenAI, tmp_path: Path, assets: str, text: str
) -> None:
    root = tmp_path / "p"
    root.mkdir()
    frames = [Image.new("P", (960, 720), number) for number in range(3)]
    frames[0].save(root / "walk.gif", save_all=True, append_images=frames[1:])
    frames[0].convert("RGB").save(root / "still.png")
    plan = project(root, assets).plan()
    assert len(plan.problems) == 1, [item.message for item in plan.problems]
    assert text in plan.problems[0].message
    assert plan.problems[0].span is not None
    assert server.count == 0


def test_the_whole_text_names_the_line_that_asks(tmp_path: Path) -> None:
    plan = project(tmp_path / "p", "  a.gif: {prompt: x, kind: gif, options: {frame_count: 17}}\n").plan()
    assert render(plan.problems[0]) == (
        "assets.yaml:4:42: error[not-accepted]: 'frame_count' can't be '17'\n"
        "    4 |   a.gif: {prompt: x, kind: gif, options: {frame_count: 17}}\n"
        "      |                                          ^^^^^^^^^^^\n"
        "help: write a whole number from 2 to 16"
    )


def test_a_still_gif_may_be_an_input(server: FakeOpenAI, tmp_path: Path) -> None:
    root = tmp_path / "p"
    root.mkdir()
    Image.new("P", (960, 720), 3).save(root / "still.gif")
    report = build(root, "  b: {prompt: y, from: still.gif}\n")
    assert report.exit_code == 0
    assert [part.media_type for part in server.requests[0].body.files] == ["image/png"]
