"""Servers that speak OpenAI's Images API in their own way: through the real SDK, over HTTP, each as its fake reads it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image, ImageDraw

from fakes.openai_dialects import (
    RED,
    FakeDialect,
    FakeLiteLLM,
    FakeLocalAI,
    FakeSdServer,
    FakeSglang,
    FakeVllmOmni,
)
from fakes.openai_request import request
from pixmake.providers.base import Answer, Busy, Call, Failed, Picture, ProviderError, Stopped, Unknown
from pixmake.providers.openai.dialect import presets
from pixmake.providers.openai.provider import OpenAIProvider
from pixmake.spec.servers import DIALECTS, ServerFields

SIZE = (640, 512)
BOX = (320, 0, 639, 255)
"""What the mask wants painted anew: the upper right quarter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A dialect, its server, and what edits look like there: the parts with a mask, the parts of two pictures."""

    server: Callable[[], FakeDialect]
    parts: tuple[str, ...]
    two: tuple[str, ...] | None
    path: str = "/v1/images/edits"
    key: str | None = None


CASES = {
    "localai": Case(server=FakeLocalAI, parts=("image", "mask"), two=None, path="/v1/images/inpainting"),
    "sd-server": Case(server=FakeSdServer, parts=("image", "mask"), two=("image[]", "image[]")),
    "vllm-omni": Case(server=FakeVllmOmni, parts=("image", "mask_image"), two=("image", "image")),
    "sglang": Case(server=FakeSglang, parts=(), two=("image[]", "image[]")),
    "litellm": Case(server=FakeLiteLLM, parts=("image", "mask"), two=("image[]", "image[]"), key=FakeLiteLLM.key),
}
Ask = Callable[..., Answer]


@pytest.fixture(params=CASES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def settings_of(name: str, server: FakeDialect, monkeypatch: pytest.MonkeyPatch, **more: object) -> dict[str, object]:
    settings: dict[str, object] = {"base_url": server.url, "dialect": name, **more}
    if CASES[name].key:
        monkeypatch.setenv("STUDIO_KEY", str(CASES[name].key))
        settings["api_key_env"] = "STUDIO_KEY"
    return settings


def make(
    settings: Mapping[str, object],
    folder: Path,
    *,
    pictures: tuple[Picture, ...] = (),
    count: int = 1,
    **fields: object,
) -> Answer:
    """One call. A model of the house: nothing of it is in the table."""
    provider = OpenAIProvider(settings)
    asked = request(edit=bool(pictures), **{"model": "flux-dev", "size": f"{SIZE[0]}x{SIZE[1]}", **fields})
    call = Call(request=asked, pictures=pictures, count=count, intent="i", scratch=folder)

    async def run() -> Answer:
        try:
            return await provider.make(call)
        finally:
            await provider.close()

    return asyncio.run(run())


def opened(answer: Answer) -> Image.Image:
    return Image.open(io.BytesIO(answer.pictures[0].data)).convert("RGB")


def saved(path: Path, kind: str, image: Image.Image) -> Picture:
    image.save(path)
    return Picture(kind=kind, path=path, media_type="image/png", width=image.width, height=image.height)  # type: ignore[arg-type]


@pytest.fixture
def photo(tmp_path: Path) -> Picture:
    return saved(tmp_path / "photo.png", "image", Image.new("RGB", SIZE, "blue"))


@pytest.fixture
def mask(tmp_path: Path) -> Picture:
    image = Image.new("RGBA", SIZE, (0, 0, 0, 255))
    ImageDraw.Draw(image).rectangle(BOX, fill=(0, 0, 0, 0))
    return saved(tmp_path / "mask.png", "mask", image)


def test_the_dialects_of_the_spec_are_those_of_the_table() -> None:
    assert set(DIALECTS) == set(presets())
    assert get_args(get_args(ServerFields.fields["dialect"].annotation)[0]) == DIALECTS
    assert all(row["source"] for row in presets().values())
    known = {*ServerFields.fields, "drop", "source", "only_images", "lacks"}
    assert {field for row in presets().values() for field in row} <= known


def test_a_picture_is_generated(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with CASES[name].server() as server:
        answer = make(settings_of(name, server, monkeypatch), tmp_path)
        assert [post.path for post in server.posts] == ["/v1/images/generations"]
        assert ("quality" in server.posts[0].fields) == (name == "litellm")
        assert set(server.posts[0].fields) & set(presets()[name].get("drop", ())) == set()
    assert opened(answer).size == SIZE
    assert answer.cost is None, "usage is missing, or all zeros, or of a model without a price"


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.parts])
def test_a_mask_says_the_same_to_every_server(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, photo: Picture, mask: Picture
) -> None:
    case = CASES[name]
    with case.server() as server:
        answer = make(settings_of(name, server, monkeypatch), tmp_path, pictures=(photo, mask))
        assert [post.path for post in server.posts] == [case.path]
        assert server.posts[0].parts == [(part, "image/png") for part in case.parts]
    painted = opened(answer).resize(SIZE)
    assert painted.getpixel((480, 128)) == RED
    assert painted.getpixel((160, 384)) == (0, 0, 255)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.two])
def test_several_pictures_go_in_order_under_the_servers_name(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, photo: Picture
) -> None:
    case = CASES[name]
    other = saved(tmp_path / "other.png", "image", Image.new("RGB", (64, 64), "white"))
    with case.server() as server:
        make(settings_of(name, server, monkeypatch), tmp_path, pictures=(photo, other))
        assert [field for field, _ in server.posts[0].parts] == list(case.two or ())
        first = Image.open(io.BytesIO(server.posts[0].body.files[0].data))
    assert first.size == SIZE


URLS = [
    ({"dialect": "localai", "response_format": "omit"}, FakeLocalAI, "http"),
    ({"dialect": "sglang", "response_format": "url"}, FakeSglang, "/v1"),
]


@pytest.mark.parametrize(("settings", "kind", "start"), URLS)
def test_addresses_absolute_and_relative_are_fetched(
    settings: dict[str, object], kind: type[FakeDialect], start: str, tmp_path: Path
) -> None:
    with kind() as server:
        answer = make({"base_url": server.url, **settings}, tmp_path)
        assert len(server.fetched) == 1
        asked = server.posts[0].fields.get("response_format")
    assert asked == (None if settings["response_format"] == "omit" else "url")
    assert opened(answer).size == SIZE


def test_a_stated_price_holds_where_usage_tells_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with CASES[name].server() as server:
        answer = make(settings_of(name, server, monkeypatch, price_per_image="0.01"), tmp_path, count=2)
    assert answer.cost == Decimal("0.01") * len(answer.pictures)
    assert len(answer.pictures) == (1 if name == "sglang" else 2), "fewer than asked are what came"


TEXT = {"error": "generate_image returned no results"}
PYDANTIC = {"detail": [{"loc": ["body", "size"], "msg": "bad size"}]}
GATEWAY = b"<html><body><h1>502</h1></body></html>"
ENDS: list[tuple[int, object, type[ProviderError], str]] = [
    (400, {"error": "prompt required"}, Failed, "HTTP 400: prompt required"),
    (400, {"detail": "Only response_format='b64_json' is supported"}, Failed, "HTTP 400: Only response_format"),
    (422, PYDANTIC, Failed, 'HTTP 422: [{"loc": ["body", "size"], "msg": "bad size"}]'),
    (429, {"detail": "queue is full"}, Busy, "HTTP 429: queue is full"),
    (401, {"error": "no"}, Stopped, "wants a key (HTTP 401)"),
    (500, TEXT, Unknown, "HTTP 500: generate_image returned no results"),
    (503, {"detail": "engine is dead"}, Unknown, "HTTP 503: engine is dead"),
    (502, GATEWAY, Unknown, "HTTP 502: a web page"),
    (200, GATEWAY, Unknown, "is a web page"),
    (200, {"data": []}, Unknown, "holds no picture"),
    (200, {"error": "out of memory"}, Unknown, "holds no list of pictures: out of memory"),
]


@pytest.mark.parametrize(("status", "body", "end", "text"), ENDS)
def test_errors_in_every_form_end_rightly(
    status: int, body: object, end: type[ProviderError], text: str, tmp_path: Path
) -> None:
    with FakeSdServer() as server:
        server.say(status, body)
        with pytest.raises(end) as raised:
            make({"base_url": server.url, "dialect": "sd-server"}, tmp_path)
        assert text in raised.value.message
        assert len(server.posts) == 1


def test_options_stand_in_the_prompt_where_the_server_reads_them_there(tmp_path: Path, photo: Picture) -> None:
    options = {
        "seed": Decimal(7),
        "sample_params": {"sample_steps": Decimal(4), "guidance": {"txt_cfg": Decimal("1.5")}},
    }
    with FakeSdServer() as server:
        settings = {"base_url": server.url, "dialect": "sd-server"}
        make(settings, tmp_path, options=options)
        make(settings, tmp_path, pictures=(photo,), options={"seed": 8})
        make({**settings, "options_as": "fields"}, tmp_path, options={"seed": 9})
        sent = {"seed": 7, "sample_params": {"sample_steps": 4, "guidance": {"txt_cfg": 1.5}}}
        assert server.extra == [sent, {"seed": 8}, {}]
        assert server.prompts == ["a red fox"] * 3
        assert server.posts[2].fields["seed"] == 9


def test_single_settings_override_the_dialect(tmp_path: Path, photo: Picture, mask: Picture) -> None:
    with FakeSdServer() as server:
        settings = {"base_url": server.url, "dialect": "vllm-omni", "mask_field": "mask", "image_field": "image[]"}
        answer = make(settings, tmp_path, pictures=(photo, mask))
        assert server.posts[0].parts == [("image[]", "image/png"), ("mask", "image/png")]
        assert opened(answer).getpixel((480, 128)) == RED


def test_extra_body_goes_along_and_never_replaces(tmp_path: Path, photo: Picture) -> None:
    extra = {"user": "build", "priority": {"level": Decimal(2)}, "safety_identifier": "x"}
    with FakeSdServer() as server:
        settings = {"base_url": server.url, "extra_body": {**extra, "prompt": "another"}}
        make(settings, tmp_path, options={"safety_identifier": "mine"})
        make(settings, tmp_path, pictures=(photo,))
        fields = server.posts[0].fields
        assert (fields["user"], fields["priority"], fields["safety_identifier"]) == ("build", {"level": 2}, "mine")
        assert server.prompts == ["a red fox"] * 2
        assert server.posts[1].fields["priority"] == {"level": "2"}


def test_what_a_server_makes_is_in_its_limits() -> None:
    limits = OpenAIProvider({"base_url": "http://127.0.0.1:1/v1", "dialect": "localai"}).limits("flux-dev")
    assert (limits.edits, limits.mask_needed, limits.mask, limits.most_inputs) == (True, True, True, 1)
    assert (limits.apis, limits.partials, limits.backgrounds) == (("images",), 0, ())
    listed = OpenAIProvider({"sizes": ["512x512", "768x512"], "edits": "none", "mask": "none"}).limits("gpt-image-2")
    assert (listed.sizes.listed, listed.edits, listed.mask) == (((512, 512), (768, 512)), False, False)
    assert OpenAIProvider({"sizes": "any"}).limits("x").sizes.exact
    own = OpenAIProvider({"sizes": "any", "models": {"sdxl": {"sizes": ["1024x1024"]}, "flux": None}})
    assert (own.limits("sdxl").sizes.listed, own.limits("flux").sizes.exact) == (((1024, 1024),), True)
    plain = OpenAIProvider({}).limits("gpt-image-2.6-flare")
    assert (plain.edits, plain.mask, plain.absent, plain.sizes.least_area) == (True, True, None, 655_360)
