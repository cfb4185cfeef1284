"""Answers in every dialect: what is a picture is kept, what points elsewhere is fetched with care."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Callable, Iterator

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fakes.openai_server import FakeOpenAI, Json, Paint, Raw, picture
from pixmake.providers.base import Answer, Unknown
from pixmake.providers.openai.fetching import Fetcher, Unfetched, is_public
from pixmake.providers.openai.images import Link, Unreadable, read_answer

Ask = Callable[..., Answer]
FOX = picture("png", 32, 32, b"0123456789")


def size_of(data: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(data)).size


@pytest.mark.parametrize("form", ["b64", "data", "link", "relative"])
def test_every_form_of_answer_brings_the_picture(server: FakeOpenAI, ask: Ask, form: str) -> None:
    server.say(Paint(form=form))  # type: ignore[arg-type]
    answer = ask(count=2)
    assert [size_of(painted.data) for painted in answer.pictures] == [(1024, 640)] * 2
    assert len(server.fetched) == (2 if form in ("link", "relative") else 0)


@pytest.mark.parametrize("kind", ["jpeg", "webp", "gif"])
def test_another_format_and_size_are_kept_as_they_came(server: FakeOpenAI, ask: Ask, kind: str) -> None:
    server.say(Paint(format=kind, size=(48, 32)))  # type: ignore[arg-type]
    data = ask().pictures[0].data
    assert Image.open(io.BytesIO(data)).format == kind.upper()
    assert size_of(data) == (48, 32)


@pytest.mark.parametrize("came", [1, 3, 5])
def test_what_came_is_kept_be_it_less_or_more(server: FakeOpenAI, ask: Ask, came: int) -> None:
    server.say(Paint(count=came))
    answer = ask(count=4)
    assert len(answer.pictures) == came
    assert answer.cost == server.cost


def test_one_damaged_picture_does_not_cost_the_others(server: FakeOpenAI, ask: Ask) -> None:
    def spoil(answer: Json) -> None:
        data = answer["data"]
        assert isinstance(data, list)
        data[1] = {"b64_json": "!!"}

    server.say(Paint(change=spoil))
    answer = ask(count=3)
    assert len(answer.pictures) == 2
    assert answer.cost == server.cost


def test_model_and_revised_prompt_are_taken_where_told(server: FakeOpenAI, ask: Ask) -> None:
    def tell(answer: Json) -> None:
        answer["model"] = "sd-cpp-local"
        data = answer["data"]
        assert isinstance(data, list)
        data[0]["revised_prompt"] = "a fox, painted"

    server.say(Paint(change=tell))
    answer = ask()
    assert answer.model == "sd-cpp-local"
    assert answer.pictures[0].revised_prompt == "a fox, painted"


def test_base64_with_escapes_and_line_breaks() -> None:
    text = base64.encodebytes(FOX).decode()
    escaped = json.dumps({"data": [{"b64_json": text}]}).replace("/", "\\/")
    assert read_answer(escaped.encode()).pictures[0].data == FOX  # type: ignore[union-attr]


def test_a_data_address_needs_no_fetch() -> None:
    url = "data:image/png;base64," + base64.b64encode(FOX).decode()
    assert read_answer(json.dumps({"data": [{"url": url}]}).encode()).pictures[0].data == FOX  # type: ignore[union-attr]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "b64_json", "url", "usage", "size", "error", "detail", "svg_usage"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_an_answer_or_unreadable(said: object) -> None:
    try:
        told = read_answer(json.dumps(said).encode())
    except Unreadable:
        return
    assert all(isinstance(item, Link) or item.data for item in told.pictures)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_answer(body)


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=4))
def test_pictures_keep_their_bytes_and_order(pictures: list[bytes]) -> None:
    entries = [{"b64_json": base64.b64encode(data).decode()} for data in pictures]
    told = read_answer(json.dumps({"data": entries}).encode())
    assert [item.data for item in told.pictures if not isinstance(item, Link)] == pictures


def test_decoding_holds_no_second_copy_of_the_text() -> None:
    import tracemalloc

    body = json.dumps({"data": [{"b64_json": base64.b64encode(bytes(9_000_000)).decode()}]}).encode()
    tracemalloc.start()
    told = read_answer(body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(told.pictures) == 1
    assert peak < 11_000_000, "the decoded picture, and hardly more, beside the body"


# --- addresses -------------------------------------------------------------------------------------------------------


@pytest.fixture
def other() -> Iterator[FakeOpenAI]:
    """A second server on this machine: an address that the user did not name."""
    with FakeOpenAI() as running:
        running.files["/secret.png"] = FOX
        yield running


def linked(url: str) -> Raw:
    return Raw(body=json.dumps({"data": [{"url": url}]}).encode())


def test_the_key_goes_to_the_users_own_server_only(server: FakeOpenAI, ask: Ask) -> None:
    server.files["/v1/images/7/content"] = FOX
    server.say(linked("images/7/content"))
    assert ask().pictures[0].data == FOX
    path, headers = server.fetched[0]
    assert path == "/v1/images/7/content"
    assert headers["authorization"] == f"Bearer {server.key}"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "127.1", "2130706433"])
def test_no_request_leaves_for_a_private_address(server: FakeOpenAI, other: FakeOpenAI, ask: Ask, host: str) -> None:
    server.say(linked(f"http://{host}:{other.url.split(':')[2].split('/')[0]}/secret.png"))
    with pytest.raises(
        Unknown, match=r"private address that the settings don't name: nothing was sent$|can't be fetched"
    ):
        ask()
    assert other.fetched == []


def test_a_redirect_is_a_new_address(server: FakeOpenAI, other: FakeOpenAI, ask: Ask) -> None:
    server.files["/v1/go"] = f"{other.origin}/secret.png"
    server.say(linked("go"))
    with pytest.raises(Unknown, match="private address"):
        ask()
    assert other.fetched == []
    assert [path for path, _ in server.fetched] == ["/v1/go"]


def test_a_redirect_on_the_own_server_is_followed_but_not_for_ever(server: FakeOpenAI, ask: Ask) -> None:
    server.files |= {"/v1/go": "/v1/there", "/v1/there": FOX, "/v1/round": "/v1/round"}
    server.say(linked("go"))
    assert ask().pictures[0].data == FOX
    server.say(linked("round"))
    with pytest.raises(Unknown, match="redirects more than 5 times"):
        ask()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("file:///etc/passwd", "none of http or https but 'file'"),
        ("ftp://example.com/a.png", "none of http or https but 'ftp'"),
        ("gone.png", "answers HTTP 404"),
        ("http://no-such-host.invalid/a.png", "can't be fetched"),
        ("http://[::", "its address"),
        ("http://host:99999/a.png", "its address"),
    ],
)
def test_a_dead_or_odd_address_is_unknown(server: FakeOpenAI, ask: Ask, url: str, told: str) -> None:
    server.say(linked(url))
    with pytest.raises(Unknown, match=told):
        ask()
    assert server.count == 1


def test_a_public_name_is_asked_at_the_address_that_was_checked(other: FakeOpenAI) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        assert host == "pictures.example"
        return ["127.0.0.1"]

    async def run(allowed: Callable[[str], bool]) -> bytes:
        key = {"Authorization": "Bearer sk-x"}
        fetcher = Fetcher(base="https://api.example/v1", headers=key, resolve=resolve, allowed=allowed)
        async with httpx2.AsyncClient() as client:
            return await fetcher.fetch(client, other.origin.replace("127.0.0.1", "pictures.example") + "/secret.png")

    assert asyncio.run(run(lambda _: True)) == FOX
    headers = other.fetched[0][1]
    assert headers["host"].startswith("pictures.example:")
    assert "authorization" not in headers
    with pytest.raises(Unfetched, match=r"points to pictures\.example:"):
        asyncio.run(run(is_public))


def test_a_fetched_picture_has_a_limit(other: FakeOpenAI) -> None:
    async def run() -> bytes:
        fetcher = Fetcher(base=other.url, most_bytes=10)
        async with httpx2.AsyncClient() as client:
            return await fetcher.fetch(client, "/secret.png")

    with pytest.raises(Unfetched, match="holds more than"):
        asyncio.run(run())


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.0.0.8", False),
        ("172.16.9.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("no address", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public
