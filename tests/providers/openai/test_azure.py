"""Azure OpenAI: deployments by path and by name, its own header, its own errors; through the real SDK, over HTTP."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from PIL import Image

from fakes.openai_dialects import RED, FakeAzure, Post
from fakes.openai_request import request
from pixmake.build.project import Project
from pixmake.diagnostics import render
from pixmake.providers.base import Answer, Busy, Call, Failed, Picture, ProviderError, Refused, Stopped, Unknown
from pixmake.providers.openai.provider import AzureProvider

CLASSIC = {"api_version": "2025-04-01-preview", "deployments": {"gpt-image-2": "art"}}
PLAIN = {"deployments": {"gpt-image-2": "art"}}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAzure]:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_VERSION", "AZURE_OPENAI_AD_TOKEN", "OPENAI_ORG_ID"):
        monkeypatch.delenv(name, raising=False)
    with FakeAzure() as running:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", running.origin)
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", running.key)
        yield running


def make(settings: Mapping[str, object], folder: Path, *pictures: Picture, **fields: object) -> Answer:
    provider = AzureProvider(settings)
    asked = request(edit=bool(pictures), **{"model": "gpt-image-2", **fields})
    call = Call(request=asked, pictures=pictures, count=1, intent="i", scratch=folder)

    async def run() -> Answer:
        try:
            return await provider.make(call)
        finally:
            await provider.close()

    return asyncio.run(run())


def saved(path: Path, kind: str, image: Image.Image) -> Picture:
    image.save(path)
    kinds = {".webp": "image/webp", ".png": "image/png"}
    return Picture(kind=kind, path=path, media_type=kinds[path.suffix], width=image.width, height=image.height)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        (CLASSIC, "/openai/deployments/art/images/generations?api-version=2025-04-01-preview"),
        (PLAIN, "/openai/v1/images/generations"),
    ],
)
def test_a_deployment_is_asked_with_the_key_in_azures_header(
    server: FakeAzure, settings: Mapping[str, object], path: str, tmp_path: Path
) -> None:
    answer = make(settings, tmp_path)
    (post,) = server.posts
    assert post.path == path
    assert post.fields["model"] == "art"
    assert post.headers["api-key"] == server.key
    assert "authorization" not in post.headers
    assert answer.cost is not None, "usage is billed by the model's row, whatever the deployment is called"


def test_a_model_without_an_entry_is_its_own_deployment(server: FakeAzure, tmp_path: Path) -> None:
    server.deployments = ("gpt-image-2",)
    make({}, tmp_path)
    make({"api_version": "2025-04-01-preview"}, tmp_path)
    assert [post.fields["model"] for post in server.posts] == ["gpt-image-2"] * 2
    assert "/deployments/gpt-image-2/" in server.posts[1].path


@pytest.mark.parametrize("settings", [CLASSIC, PLAIN])
def test_edits_send_png_and_jpeg_only(server: FakeAzure, settings: Mapping[str, object], tmp_path: Path) -> None:
    photo = saved(tmp_path / "a.webp", "image", Image.new("RGB", (1024, 640), "blue"))
    mask = Image.new("RGBA", (1024, 640), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (0, 0, 512, 640))
    answer = make(settings, tmp_path, photo, saved(tmp_path / "m.png", "mask", mask))
    assert server.posts[0].parts == [("image", "image/png"), ("mask", "image/png")]
    painted = Image.open(io.BytesIO(answer.pictures[0].data)).convert("RGB")
    assert (painted.getpixel((100, 100)), painted.getpixel((900, 100))) == (RED, (0, 0, 255))


FILTERED = {
    "error": {
        "code": "contentFilter",
        "message": "Your task failed as a result of our safety system.",
        "inner_error": {
            "code": "ResponsibleAIPolicyViolation",
            "content_filter_results": {
                "sexual": {"filtered": False, "severity": "safe"},
                "violence": {"filtered": True, "severity": "high"},
                "jailbreak": {"filtered": True, "detected": True},
            },
        },
    }
}
POLICY = {
    "error": {"code": "content_policy_violation", "message": "rejected", "innererror": FILTERED["error"]["inner_error"]}
}
LATER = {"error": {"code": "429", "message": "Requests have exceeded call rate limit. Please retry after 12 seconds."}}
ENDS: list[tuple[int, object, dict[str, str], type[ProviderError], str]] = [
    (400, FILTERED, {}, Refused, "refused the request (contentFilter; categories: violence, jailbreak)"),
    (400, POLICY, {}, Refused, "refused the request (content_policy_violation; categories: violence, jailbreak)"),
    (429, LATER, {"retry_after": "3"}, Busy, "HTTP 429 429: Requests have exceeded"),
    (404, {"error": {"code": "DeploymentNotFound", "message": "no"}}, {}, Stopped, "has no deployment 'art'"),
    (404, {"error": {"code": "404", "message": "Resource not found"}}, {}, Stopped, "HTTP 404 404: Resource not found"),
    (401, {"error": {"code": "401", "message": "Access denied"}}, {}, Stopped, "doesn't accept the key in AZURE_OPENAI_API_KEY"),
    (400, {"error": {"code": "BadRequest", "message": "quality"}}, {}, Failed, "HTTP 400 BadRequest: quality"),
    (504, b"<html>", {}, Unknown, "HTTP 504: a web page"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "headers", "end", "text"), ENDS)
def test_azures_errors(
    server: FakeAzure,
    status: int,
    body: object,
    headers: dict[str, str],
    end: type[ProviderError],
    text: str,
    tmp_path: Path,
) -> None:
    server.say(status, body, **headers, apim_request_id="azure-1")
    with pytest.raises(end) as raised:
        make(CLASSIC, tmp_path)
    assert text in raised.value.message
    assert server.key not in raised.value.message + str(raised.value.help)
    assert raised.value.request_id == "azure-1"
    if isinstance(raised.value, Busy):
        assert raised.value.wait == 3.0


def test_azures_own_words_of_a_wait_are_understood(server: FakeAzure, tmp_path: Path) -> None:
    server.say(429, LATER)
    with pytest.raises(Busy) as raised:
        make(CLASSIC, tmp_path)
    assert raised.value.wait == 12.0


SPEC = """
version: 1
providers:
  azure: {type: azure-openai, same_as: openai, %s}
defaults: {provider: azure, model: gpt-image-2, quality: low, size: 1024x640}
assets:
  fox.png: {prompt: a fox, edits: [at night]}
"""


def built(root: Path, settings: str) -> None:
    root.mkdir(exist_ok=True)
    (root / "assets.yaml").write_text(SPEC % settings, "utf-8")
    project = Project(root / "assets.yaml", store=root.parent / "store")
    report = project.build(project.plan(), yes=True)
    assert [entry.result for entry in report.entries] == ["made"] * len(report.entries) or report.spent == 0


def test_moving_house_buys_nothing_again(server: FakeAzure, tmp_path: Path) -> None:
    server.deployments = ("art", "art2")
    built(tmp_path / "p", "deployments: {gpt-image-2: art}")
    assert [post.path for post in server.posts] == ["/openai/v1/images/generations", "/openai/v1/images/edits"]
    lock = (tmp_path / "p/assets.lock").read_text("utf-8")
    built(tmp_path / "p", "deployments: {gpt-image-2: art2}, api_version: 2025-04-01-preview")
    assert len(server.posts) == 2
    assert (tmp_path / "p/assets.lock").read_text("utf-8") == lock
    assert "art" not in lock.replace("start", "")
    home = SPEC.replace("provider: azure, ", "") % "deployments: {gpt-image-2: art}"
    (tmp_path / "p/assets.yaml").write_text(home, "utf-8")
    plan = Project(tmp_path / "p/assets.yaml", store=tmp_path / "store").plan()
    assert {entry.state for entry in plan.entries} == {"fresh"}, "bought from Azure, it counts as bought from OpenAI"


def test_what_is_not_deployed_is_said_before_anything_is_sent(server: FakeAzure, tmp_path: Path) -> None:
    spec = (SPEC % "deployments: {gpt-image-2.5-flare: art}").lstrip()
    (tmp_path / "assets.yaml").write_text(spec, "utf-8")
    plan = Project(tmp_path / "assets.yaml", store=tmp_path / "store").plan()
    assert render(plan.problems[0]) == (
        "assets.yaml:4:36: error[no-deployment]: 'azure' has no model 'gpt-image-2': it is not among its deployments "
        "(gpt-image-2.5-flare)\n"
        "    4 | defaults: {provider: azure, model: gpt-image-2, quality: low, size: 1024x640}\n"
        "      |                                    ^^^^^^^^^^^\n"
        "help: add it under providers: {azure: {deployments: {gpt-image-2: NAME}}}, or name another model"
    )


def test_no_key_of_azure_goes_to_another_host_of_the_spec(server: FakeAzure, tmp_path: Path) -> None:
    with FakeAzure() as other:
        with pytest.raises(Stopped, match="no API key: name the variable"):
            make({"base_url": other.origin}, tmp_path)
        assert other.posts == list[Post]()
