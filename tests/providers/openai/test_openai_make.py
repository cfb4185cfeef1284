"""What is sent: every field of a request, every input picture; and what it cost."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from fakes.openai_request import request
from fakes.openai_server import FakeOpenAI, Paint
from fakes.openai_shapes import Body, usage_of
from pixmake.providers.base import Answer, Failed, Picture
from pixmake.providers.models import bill, estimate

Ask = Callable[..., Answer]


def save(path: Path, image: Image.Image, media_type: str = "image/png", **options: object) -> Path:
    image.save(path, media_type.rpartition("/")[2].upper(), **options)
    return path


def picture(path: Path, kind: str = "image", media_type: str = "image/png") -> Picture:
    with Image.open(path) as image:
        width, height = image.size
    return Picture(kind=kind, path=path, media_type=media_type, width=width, height=height)  # type: ignore[arg-type]


@pytest.fixture
def photo(tmp_path: Path) -> Picture:
    return picture(save(tmp_path / "photo.png", Image.new("RGB", (320, 200), "teal")))


def test_generate_sends_one_post_with_every_field(server: FakeOpenAI, ask: Ask) -> None:
    answer = ask(
        model="gpt-image-2.6-flare",
        quality="high",
        background="transparent",
        complexity="low",
        moderation="low",
        count=2,
    )
    assert [asked.endpoint for asked in server.requests] == ["generations"]
    assert server.requests[0].fields == {
        "model": "gpt-image-2.6-flare",
        "prompt": "a red fox",
        "n": 2,
        "size": "1024x640",
        "quality": "high",
        "background": "transparent",
        "complexity": "low",
        "moderation": "low",
        "output_format": "png",
    }
    assert len({painted.data for painted in answer.pictures}) == 2
    assert answer.request_id == "req_1"
    assert Image.open(io.BytesIO(answer.pictures[0].data)).size == (1024, 640)


def test_what_is_not_set_is_not_sent(server: FakeOpenAI, ask: Ask) -> None:
    ask(quality=None)
    assert server.requests[0].fields.keys() == {"model", "prompt", "n", "size", "output_format"}


def test_options_are_passed_on_and_never_override(server: FakeOpenAI, ask: Ask) -> None:
    ask(options={"safety_identifier": "u1", "prompt": "another", "n": 9, "stream": True})
    assert server.requests[0].fields["safety_identifier"] == "u1"
    assert server.requests[0].fields["prompt"] == "a red fox"
    assert server.requests[0].fields["n"] == 1
    assert "stream" not in server.requests[0].fields


def test_options_of_an_edit_become_form_fields(server: FakeOpenAI, ask: Ask, photo: Picture) -> None:
    svg = {"reasoning": {"effort": "low"}}
    ask(pictures=(photo,), kind="svg", model="gpt-image-2.6-flare", options={"safety_identifier": "u1", "svg": svg})
    assert server.requests[0].fields["safety_identifier"] == "u1"
    assert server.requests[0].fields["svg"] == svg


def test_svg_and_gif_are_asked_for_as_such(server: FakeOpenAI, ask: Ask) -> None:
    answer = ask(model="gpt-image-2.6-flare", kind="svg", options={"svg": {"reasoning": {"effort": "high"}}})
    assert answer.pictures[0].media_type == "image/svg+xml"
    assert answer.cost is None, "the author model's price is not in the table"
    answer = ask(model="gpt-image-2.6-flare", kind="gif", size="960x720", options={"frame_count": Decimal(4)})
    assert answer.pictures[0].data.startswith(b"GIF8")
    assert server.requests[1].fields["frame_count"] == 4


def test_one_input_goes_as_image_many_as_a_list_in_order(
    server: FakeOpenAI, ask: Ask, photo: Picture, tmp_path: Path
) -> None:
    other = picture(save(tmp_path / "b.jpeg", Image.new("RGB", (64, 64), "red"), "image/jpeg"), media_type="image/jpeg")
    ask(pictures=(photo,))
    ask(pictures=(photo, other))
    one, two = (asked.body.files for asked in server.requests)
    assert [(part.field, part.filename, part.media_type) for part in one] == [("image", "image-1.png", "image/png")]
    assert [(part.field, part.filename, part.media_type) for part in two] == [
        ("image[]", "image-1.png", "image/png"),
        ("image[]", "image-2.jpg", "image/jpeg"),
    ]
    assert two[0].data == photo.path.read_bytes(), "what the API takes is sent byte for byte"
    assert two[1].data == other.path.read_bytes()


@pytest.mark.parametrize("kind", ["mask", "markup"])
def test_mask_and_markup_have_their_own_parts(
    server: FakeOpenAI, ask: Ask, photo: Picture, tmp_path: Path, kind: str
) -> None:
    over = picture(save(tmp_path / "over.png", Image.new("RGBA", (320, 200))), kind)
    ask(pictures=(photo, over))
    part = server.requests[0].body.file(kind)
    assert part is not None
    assert (part.filename, part.media_type) == (f"{kind}.png", "image/png")


def test_an_edit_sends_fidelity_but_no_moderation(server: FakeOpenAI, ask: Ask, photo: Picture) -> None:
    ask(pictures=(photo,), model="gpt-image-1.5", size="1024x1024", input_fidelity="high", moderation="low")
    assert server.requests[0].fields["input_fidelity"] == "high"
    assert "moderation" not in server.requests[0].fields


def test_sixteen_inputs_are_taken(server: FakeOpenAI, ask: Ask, photo: Picture) -> None:
    ask(pictures=(photo,) * 16)
    assert len(server.requests[0].body.images) == 16


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


@pytest.mark.parametrize(
    ("image", "media_type", "options", "mode"),
    [
        (Image.new("CMYK", (60, 40)), "image/jpeg", {}, "RGB"),
        (Image.new("L", (60, 40)), "image/jpeg", {}, "RGB"),
        (Image.new("I;16", (60, 40)), "image/png", {}, "RGB"),
        (Image.new("P", (60, 40)), "image/png", {}, "RGB"),
        (Image.new("P", (60, 40)), "image/png", {"transparency": 0}, "RGBA"),
        (Image.new("LA", (60, 40)), "image/png", {}, "RGBA"),
        (Image.new("1", (60, 40)), "image/png", {}, "RGB"),
        (Image.new("RGB", (60, 40)), "image/png", {"transparency": (0, 0, 0)}, "RGBA"),
        (Image.new("P", (60, 40)), "image/gif", {}, "RGB"),
        (Image.new("RGB", (60, 40)), "image/avif", {}, "RGB"),
        (Image.new("RGB", (40, 60)), "image/jpeg", {"exif": turned()}, "RGB"),
    ],
)
def test_what_the_api_refuses_is_converted(
    server: FakeOpenAI, ask: Ask, tmp_path: Path,
    image: Image.Image, media_type: str, options: dict[str, object], mode: str,
) -> None:  # fmt: skip
    path = save(tmp_path / "odd", image, media_type, **options)
    ask(pictures=(picture(path, media_type=media_type),))
    sent = server.requests[0].body.images[0]
    assert (sent.filename, sent.media_type) == ("image-1.png", "image/png")
    read = Image.open(io.BytesIO(sent.data))
    assert (read.mode, read.size) == (mode, (60, 40))


def test_a_damaged_input_is_told_and_nothing_is_sent(server: FakeOpenAI, ask: Ask, photo: Picture) -> None:
    photo.path.write_bytes(b"no picture")
    with pytest.raises(Failed, match="the input 'image-1' is a text file, not a picture"):
        ask(pictures=(photo,))
    assert server.count == 0


def test_dropped_fields_are_not_sent(server: FakeOpenAI, ask: Ask) -> None:
    server.strict = False
    ask(
        settings={"drop": ["quality", "output_format", "n", "model", "safety_identifier"]},
        options={"safety_identifier": "u"},
    )
    assert server.requests[0].fields == {"prompt": "a red fox", "size": "1024x640"}


def test_organization_and_project_go_along(server: FakeOpenAI, ask: Ask) -> None:
    ask(settings={"organization": "org-1", "project": "proj-1"})
    headers = server.requests[0].headers
    assert (headers["openai-organization"], headers["openai-project"]) == ("org-1", "proj-1")


# --- the bill --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "quality", "size", "count"),
    [
        ("gpt-image-2.5-flare", "medium", "1024x1024", 4),
        ("gpt-image-2.5-sunburst", "high", "1536x1024", 1),
        ("gpt-image-2", "high", "1024x640", 2),
        ("gpt-image-1.5", "low", "1024x1536", 1),
        ("gpt-image-2.6-flare", "high", "1024x640", 1),
    ],
)
def test_the_cost_is_what_the_server_billed_and_lies_in_the_estimate(
    server: FakeOpenAI, ask: Ask, photo: Picture, model: str, quality: str, size: str, count: int
) -> None:
    for pictures in ((), (photo,)):
        answer = ask(model=model, quality=quality, size=size, count=count, pictures=pictures, prompt="x" * 400)
        assert answer.cost == server.requests[-1].cost
        order = request(model=model, quality=quality, size=size, prompt="x" * 400, edit=bool(pictures))
        guess = estimate(order, [(320, 200)] * len(pictures), count)
        assert guess is not None
        assert answer.cost is not None
        assert guess.low <= answer.cost <= guess.high


EXAMPLES = [
    ("gpt-image-2.5-flare", "medium", 1024, 1024, 4, 600, [], "generations", "0.0558"),
    ("gpt-image-2.5-sunburst", "high", 1536, 1024, 1, 400, [(1536, 1024), (1024, 1024)], "edits", "0.0622"),
    ("gpt-image-2.5-sunburst", "max", 3840, 2160, 1, 4, [], "generations", "0.4003"),
]


@pytest.mark.parametrize(
    ("model", "quality", "width", "height", "count", "prompt", "inputs", "endpoint", "cost"), EXAMPLES
)
def test_the_worked_examples_of_the_price_list(
    model: str, quality: str, width: int, height: int, count: int, prompt: int,
    inputs: list[tuple[int, int]], endpoint: str, cost: str,
) -> None:  # fmt: skip
    body = Body(fields={"model": model, "n": count, "prompt": "x" * prompt})
    found = bill(model, usage_of(body, endpoint, width=width, height=height, quality=quality, inputs=inputs))
    assert found is not None
    assert round(found, 4) == Decimal(cost)


def test_a_model_with_a_list_price_is_billed_by_it() -> None:
    usage = {"input_tokens": 100, "output_tokens": 272}
    assert bill("gpt-image-1-mini", usage, count=2, size="1024x1024", quality="low") == Decimal("0.01025")


@pytest.mark.parametrize(
    "usage",
    [
        {},
        {"input_tokens": 0, "output_tokens": 0},
        {"input_tokens": None, "output_tokens": 7},
        {"input_tokens": -1, "output_tokens": 7},
        {"input_tokens": "many", "output_tokens": 7},
        {"input_tokens": 5, "output_tokens": 7, "svg_usage": {"output_tokens": 1}},
    ],
)
def test_no_usage_is_no_bill(usage: dict[str, object]) -> None:
    assert bill("gpt-image-2", usage) is None


def test_tokens_that_are_not_split_count_as_the_dearer_kind() -> None:
    assert bill("gpt-image-2", {"input_tokens": 1000, "output_tokens": 1000}) == Decimal("0.038")


@pytest.mark.parametrize("usage", [False, "zeros"])
def test_without_usage_the_cost_is_unknown(server: FakeOpenAI, ask: Ask, usage: bool) -> None:
    server.say(Paint(usage=usage))
    assert ask().cost is None


def test_a_stated_price_counts_for_what_came(server: FakeOpenAI, ask: Ask) -> None:
    server.say(Paint(usage=False, count=2))
    assert ask(count=4, settings={"price_per_image": "0.07"}).cost == Decimal("0.14")


def test_the_sdk_is_not_imported_before_the_first_call() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from pixmake.providers.openai.provider import OpenAIProvider as P; p = P({}); p.obstacle();"
        "p.limits('gpt-image-2'); print('openai' in sys.modules, 'httpx2' in sys.modules, 'PIL' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False False\n"
