"""Fakes of servers that speak OpenAI's Images API in dialects, over real HTTP on the loopback.

    with FakeSdServer() as server:
        Project(…, providers: {studio: {base_url: server.url, dialect: sd-server}})
        assert server.posts[0].fields["prompt"] == "a fox"

Each reads requests as its original does, and no otherwise: a part by another name is not seen, a mask of the other
polarity changes the wrong pixels. An edit paints what it was told to paint anew in RED and keeps the rest of its
first picture; the written sources are those of dialects.toml.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Self

from PIL import Image

from fakes.openai_shapes import Body, FilePart, read_body

Json = dict[str, Any]
RED = (255, 0, 0)
GREEN = (0, 128, 0)
"""What a generated picture is painted in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One POST as it arrived: path with query, headers by lower-case names, the body read."""

    path: str
    headers: Mapping[str, str]
    body: Body

    @property
    def fields(self) -> Mapping[str, object]:
        return self.body.fields

    @property
    def parts(self) -> list[tuple[str, str | None]]:
        """Field and media type of each file."""
        return [(part.field, part.media_type) for part in self.body.files]


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered. `body`: bytes as they are, anything else becomes JSON."""

    status: int
    body: object
    headers: Mapping[str, str] = field(default_factory=dict)


class FakeDialect:
    """A server between `with` and its end. `say` puts replies before its own, in order."""

    prefix: ClassVar[str] = "/v1"

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.files: dict[str, bytes] = {}
        self.fetched: list[tuple[str, Mapping[str, str]]] = []
        self._said: list[Reply] = []
        self._lock = threading.Lock()
        fake = self

        class Handler(_Handler):
            server_of_test = fake

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        return self.origin + self.prefix

    def say(self, status: int, body: object, **headers: str) -> None:
        self._said.append(Reply(status, body, {name.replace("_", "-"): text for name, text in headers.items()}))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)

    # --- one POST --------------------------------------------------------------------------------------------------

    def answer(self, path: str, headers: Mapping[str, str], data: bytes) -> Reply:
        kind = headers.get("content-type", "")
        with self._lock:
            body = read_body(kind, data, "generations" if kind.startswith("application/json") else "edits")
            self.posts.append(Post(path=path, headers=headers, body=body))
            if self._said:
                return self._said.pop(0)
        route = path.partition("?")[0].removeprefix(self.prefix)
        if route == "/images/generations":
            return self.generate(body)
        return self.change(route, body)

    def generate(self, body: Body) -> Reply:
        size = _size(body.fields.get("size"))
        return self.told([_png(Image.new("RGB", size, GREEN)) for _ in range(_count(body))], body)

    def change(self, route: str, body: Body) -> Reply:
        return Reply(404, {"error": {"code": 404, "message": "Not Found", "type": ""}})

    def told(self, pictures: list[bytes], body: Body) -> Reply:
        return Reply(200, {"created": 1, "data": [{"b64_json": base64.b64encode(item).decode()} for item in pictures]})

    def linked(self, path: str, data: bytes) -> str:
        """A path of this server, from where the picture can be fetched."""
        self.files[path] = data
        return path


class FakeLocalAI(FakeDialect):
    """Addresses unless told otherwise, usage all zeros; inpainting in place of edits, 512x512, white is painted anew."""

    def told(self, pictures: list[bytes], body: Body) -> Reply:
        zeros = {"input_tokens": 0, "input_tokens_details": {"text_tokens": 0, "image_tokens": 0}, "output_tokens": 0}
        if body.fields.get("response_format") == "b64_json" and not body.files:
            data: list[Json] = [{"b64_json": base64.b64encode(item).decode()} for item in pictures]
        else:
            number = len(self.files)
            data = [
                {"url": self.origin + self.linked(f"/generated-images/b64{number + at}.png", item)}
                for at, item in enumerate(pictures)
            ]
        return Reply(200, {"id": "x", "created": 1, "data": data, "usage": {**zeros, "total_tokens": 0}})

    def change(self, route: str, body: Body) -> Reply:
        if route != "/images/inpainting":
            return super().change(route, body)
        image, mask = body.file("image"), body.file("mask")
        if image is None or mask is None:
            missing = "image" if image is None else "mask"
            return Reply(400, {"error": {"code": 400, "message": f"missing {missing} file", "type": ""}})
        return self.told([_repainted(image, _by_white(mask), (512, 512))], body)


class FakeSdServer(FakeDialect):
    """`image[]` or `image`; masks are read as grey; extra arguments stand in the prompt; errors are texts."""

    def __init__(self) -> None:
        super().__init__()
        self.extra: list[Json] = []
        self.prompts: list[str] = []

    def _prompt(self, body: Body) -> str:
        text = str(body.fields.get("prompt", ""))
        found = re.search(r"<sd_cpp_extra_args>(.*?)</sd_cpp_extra_args>", text)
        self.extra.append(json.loads(found[1]) if found else {})
        self.prompts.append(re.sub(r"<sd_cpp_extra_args>.*?</sd_cpp_extra_args>", "", text))
        return self.prompts[-1]

    def generate(self, body: Body) -> Reply:
        if not self._prompt(body):
            return Reply(400, {"error": "prompt required"})
        return super().generate(body)

    def change(self, route: str, body: Body) -> Reply:
        if route != "/images/edits":
            return Reply(404, b"", {"content-type": "text/plain"})
        self._prompt(body)
        images = [part for part in body.files if part.field == "image[]"]
        images = images or [part for part in body.files if part.field == "image"]
        if not images:
            return Reply(400, {"error": "at least one image[] required"})
        mask = body.file("mask")
        size = _size(body.fields.get("size"))
        changed = _repainted(images[0], _by_white(mask) if mask else None, size)
        return self.told([changed] * _count(body), body)


class FakeVllmOmni(FakeDialect):
    """`image` repeated, `mask_image`, base64 only, `{"detail": …}`."""

    def generate(self, body: Body) -> Reply:
        if body.fields.get("response_format", "b64_json") != "b64_json":
            return Reply(400, {"detail": "Only response_format='b64_json' is supported"})
        return super().generate(body)

    def change(self, route: str, body: Body) -> Reply:
        images = [part for part in body.files if part.field == "image"]
        if not images:
            return Reply(422, {"detail": [{"loc": ["body"], "msg": "Field 'image' or 'url' is required"}]})
        mask = body.file("mask_image")
        size = _size(body.fields.get("size"))
        return self.told([_repainted(images[0], _by_white(mask) if mask else None, size)], body)

    def told(self, pictures: list[bytes], body: Body) -> Reply:
        data = [{"b64_json": base64.b64encode(item).decode(), "url": None, "revised_prompt": None} for item in pictures]
        return Reply(200, {"created": 1, "data": data})


class FakeSglang(FakeDialect):
    """One picture whatever `n` says; addresses without host; `revised_prompt` is the prompt; masks do nothing."""

    def generate(self, body: Body) -> Reply:
        return self.told([_png(Image.new("RGB", _size(body.fields.get("size")), GREEN))], body)

    def change(self, route: str, body: Body) -> Reply:
        images = [part for part in body.files if part.field in ("image", "image[]")]
        if not images:
            return Reply(422, {"detail": "Field 'image' is required"})
        return self.told([_repainted(images[0], None, _size(body.fields.get("size")))], body)

    def told(self, pictures: list[bytes], body: Body) -> Reply:
        number, prompt = len(self.posts), body.fields.get("prompt")
        if body.fields.get("response_format") == "url":
            places = [self.linked(f"/v1/images/{number}-{at}/content", item) for at, item in enumerate(pictures)]
            return Reply(
                200, {"id": "i", "created": 1, "data": [{"url": item, "revised_prompt": prompt} for item in places]}
            )
        data = [
            {"b64_json": base64.b64encode(item).decode(), "file_path": "/o/x.png", "revised_prompt": prompt}
            for item in pictures
        ]
        return Reply(200, {"id": "i", "created": 1, "data": data})


class FakeLiteLLM(FakeDialect):
    """Hands everything on as OpenAI takes and answers it; wants its own key."""

    key = "sk-litellm"

    def answer(self, path: str, headers: Mapping[str, str], data: bytes) -> Reply:
        if headers.get("authorization") != f"Bearer {self.key}":
            return Reply(401, {"error": {"message": "Authentication Error", "type": "auth_error", "code": "401"}})
        return super().answer(path, headers, data)

    def change(self, route: str, body: Body) -> Reply:
        mask = body.file("mask")
        return self.told(
            [_repainted(body.images[0], _by_alpha(mask) if mask else None, _size(body.fields.get("size")))], body
        )

    def told(self, pictures: list[bytes], body: Body) -> Reply:
        reply = super().told(pictures, body)
        assert isinstance(reply.body, dict)
        usage = {
            "input_tokens": 10,
            "input_tokens_details": {"text_tokens": 10, "image_tokens": 0},
            "output_tokens": 100,
        }
        return Reply(200, {**reply.body, "usage": {**usage, "total_tokens": 110}})


class FakeAzure(FakeLiteLLM):
    """Deployments by path and api-version, or by name below /openai/v1; the key in a header of its own; no WebP."""

    prefix = ""
    key = "azure-key-0123456789"

    def __init__(self, deployments: tuple[str, ...] = ("art",)) -> None:
        super().__init__()
        self.deployments = deployments

    def answer(self, path: str, headers: Mapping[str, str], data: bytes) -> Reply:
        if headers.get("api-key") != self.key or "authorization" in headers:
            text = "Access denied due to invalid subscription key or wrong API endpoint."
            return Reply(401, {"error": {"code": "401", "message": text}})
        return FakeDialect.answer(self, path, headers, data)

    def change(self, route: str, body: Body) -> Reply:
        found = re.fullmatch(r"/openai/deployments/([^/]+)/images/(generations|edits)", route)
        if found is not None and "api-version=" not in self.posts[-1].path:
            return Reply(404, {"error": {"code": "404", "message": "Resource not found"}})
        name = found[1] if found else body.fields.get("model")
        what = found[2] if found else route.removeprefix("/openai/v1/images/")
        if name not in self.deployments:
            text = "The API deployment for this resource does not exist."
            return Reply(404, {"error": {"code": "DeploymentNotFound", "message": text}})
        if what == "generations":
            return self.generate(body)
        if any(part.media_type not in ("image/png", "image/jpeg") for part in body.files):
            return Reply(400, {"error": {"code": "invalid_image_file", "message": "Only png and jpeg."}})
        return super().change(route, body)


# --- pictures --------------------------------------------------------------------------------------------------------


def _size(text: object) -> tuple[int, int]:
    """What was asked for; what can't be read is 512x512."""
    width, _, height = str(text).partition("x")
    return (int(width), int(height)) if width.isdigit() and height.isdigit() else (512, 512)


def _count(body: Body) -> int:
    return int(str(body.fields.get("n", 1)))


def _png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def _opened(part: FilePart) -> Image.Image:
    return Image.open(io.BytesIO(part.data))


def _by_white(part: FilePart) -> Image.Image:
    """Read as grey, whatever its alpha: white is painted anew."""
    return _opened(part).convert("L").point(lambda value: 255 if value > 127 else 0)


def _by_alpha(part: FilePart) -> Image.Image:
    """Transparent is painted anew; a mask without alpha changes nothing."""
    return _opened(part).convert("RGBA").getchannel("A").point(lambda value: 255 if value == 0 else 0)


def _repainted(part: FilePart, where: Image.Image | None, size: tuple[int, int]) -> bytes:
    image = _opened(part).convert("RGB").resize(size)
    if where is None:
        return _png(Image.new("RGB", size, RED))
    image.paste(RED, mask=where.resize(size))
    return _png(image)


class _Handler(BaseHTTPRequestHandler):
    server_of_test: ClassVar[FakeDialect]
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing on stderr."""

    def do_GET(self) -> None:
        fake = self.server_of_test
        fake.fetched.append((self.path, self._headers()))
        found = fake.files.get(self.path)
        self._send(Reply(404, b"") if found is None else Reply(200, found, {"content-type": "image/png"}))

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("content-length", 0)))
        self._send(self.server_of_test.answer(self.path, self._headers(), data))

    def _headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _send(self, reply: Reply) -> None:
        is_raw = isinstance(reply.body, bytes)
        data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        headers = {"content-type": "text/html" if is_raw else "application/json", **reply.headers}
        with contextlib.suppress(OSError):
            self.send_response(reply.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
