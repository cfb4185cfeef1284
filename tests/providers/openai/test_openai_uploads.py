"""Inputs at the server: uploaded once, found again by their content, expiry respected, forgotten and removed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from fakes.counting import png
from fakes.openai_server import Cut, Error, FakeOpenAI
from pixmake.providers.base import Busy, ProviderError, Stopped
from pixmake.providers.openai.files import Uploads
from pixmake.providers.openai.provider import OpenAIProvider

T = TypeVar("T")
FOX = ("image-1.png", png(64, 64, b"foxfox"), "image/png")
OWL = ("image-2.png", png(64, 64, b"owlowl"), "image/png")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", server.key)
        yield server


@pytest.fixture
def folder(tmp_path: Path, server: FakeOpenAI) -> Path:
    return tmp_path / "uploads"


def run(folder: Path | None, work: Callable[[Uploads], Awaitable[T]]) -> T:
    """What a process of its own would do."""

    async def inside() -> T:
        provider = OpenAIProvider({})
        try:
            return await work(provider.uploads(folder))
        finally:
            await provider.close()

    return asyncio.run(inside())


def test_the_same_bytes_are_uploaded_once_for_all(server: FakeOpenAI, folder: Path) -> None:
    async def many(uploads: Uploads) -> list[str]:
        return list(await asyncio.gather(*(uploads.once(part) for part in (FOX, OWL, FOX, FOX))))

    first = run(folder, many)
    assert first[0] == first[2] == first[3] != first[1]
    assert run(folder, many) == first
    assert (server.office.log.count("upload"), server.office.log.count("file")) == (2, 2)
    assert {item.filename for item in server.office.uploads()} == {
        f"pixmake-{path.name[:16]}.png" for path in folder.glob("*/*.json")
    }


def test_without_a_folder_it_is_remembered_as_long_as_the_provider_lives(server: FakeOpenAI, folder: Path) -> None:
    async def twice(uploads: Uploads) -> bool:
        return await uploads.once(FOX) == await uploads.once(FOX)

    assert run(None, twice)
    assert server.office.log == ["upload"]


def test_what_the_server_no_longer_has_is_uploaded_again(server: FakeOpenAI, folder: Path) -> None:
    old = run(folder, lambda uploads: uploads.once(FOX))
    del server.office.files[old]
    new = run(folder, lambda uploads: uploads.once(FOX))
    assert new != old
    assert run(folder, lambda uploads: uploads.once(FOX)) == new


def test_a_file_that_will_expire_too_soon_is_uploaded_again(server: FakeOpenAI, folder: Path) -> None:
    old = run(folder, lambda uploads: uploads.once(FOX, alive=3_600))
    [record] = folder.glob("*/*.json")
    said = json.loads(record.read_bytes())
    assert server.office.files[old].expires == said["expires"] == server.office.files[old].created + 7 * 86_400
    assert run(folder, lambda uploads: uploads.once(FOX, alive=6 * 86_400)) == old
    long = run(folder, lambda uploads: uploads.once(FOX, alive=8 * 86_400))
    assert long != old
    stored = server.office.files[long]
    assert stored.expires is not None
    assert stored.expires - stored.created >= 8 * 86_400


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"id": 1, "expires": 9e9}', '{"id": "../x", "expires": 9e9}', '{"id": "a"}']
)
def test_whatever_is_wrong_with_the_record_only_uploads_again(server: FakeOpenAI, folder: Path, text: str) -> None:
    run(folder, lambda uploads: uploads.once(FOX))
    [record] = folder.glob("*/*.json")
    record.write_text(text)
    assert run(folder, lambda uploads: uploads.once(FOX)) == "file-0002"


def test_a_foreign_account_has_files_of_its_own(
    server: FakeOpenAI, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(folder, lambda uploads: uploads.once(FOX))
    server.key = "sk-other"
    monkeypatch.setenv("OPENAI_API_KEY", server.key)
    run(folder, lambda uploads: uploads.once(FOX))
    assert server.office.log == ["upload", "upload"]
    assert len(list(folder.iterdir())) == 2
    assert not any("sk-" in path.name for path in folder.rglob("*"))


def test_forgotten_means_uploaded_again(server: FakeOpenAI, folder: Path) -> None:
    async def forgetful(uploads: Uploads) -> tuple[str, str]:
        old = await uploads.once(FOX)
        uploads.forget(old)
        return old, await uploads.once(FOX)

    old, new = run(folder, forgetful)
    assert old != new


TROUBLES = [
    (Error(401, "invalid_api_key"), Stopped), (Error(404, None), Stopped), (Error(500, "server_error"), Busy),
    (Error(502, body="<html>"), Busy), (Cut("before"), Busy), (Cut("unread"), Busy),
]  # fmt: skip


@pytest.mark.parametrize(("do", "end"), TROUBLES)
def test_an_upload_that_fails_was_never_billed(
    server: FakeOpenAI, folder: Path, do: object, end: type[ProviderError]
) -> None:
    server.office.say("upload", do)

    async def stubborn(uploads: Uploads) -> str:
        with pytest.raises(end):
            await uploads.once(FOX)
        return await uploads.once(FOX)

    assert run(folder, stubborn) in server.office.files


def test_all_of_it_can_be_removed(server: FakeOpenAI, folder: Path) -> None:
    async def both(uploads: Uploads) -> list[str]:
        return [await uploads.once(FOX), await uploads.once(OWL)]

    names = run(folder, both)
    del server.office.files[names[0]]
    assert sorted(run(folder, lambda uploads: uploads.remove_all())) == sorted(names)
    assert (server.office.files, list(folder.glob("*/*.json"))) == ({}, [])
    assert run(folder, lambda uploads: uploads.remove_all()) == []
