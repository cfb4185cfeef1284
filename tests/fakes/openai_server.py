"""A fake OpenAI server for tests: the Images API over real HTTP on the loopback, standard library only.

    with FakeOpenAI() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)     # or base_url: in the spec
        monkeypatch.setenv("OPENAI_API_KEY", server.key)
        server.say(Error(429, "rate_limit_exceeded", headers={"retry-after-ms": "10"}), at=2)
        server.say(Hang(), prompt="fox", times=None)
        …
        assert server.count == 3 and server.requests[1].fields["n"] == 2

It checks every body strictly by the API's published shapes (openai_shapes.py) and answers what the API would; it
paints a different valid picture each time and counts `usage` by the published formulas. What it does is said by
behaviours, by number of the request (from 1, in the order of arrival) or by a piece of the prompt; without one it
answers well. `images_per_minute` with `minute` (seconds a minute takes here) limits the rate as OpenAI does;
what it tells to wait is in its own, scaled time: right for a client whose clock is as fast.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Literal, Self

from fakes.counting import png
from fakes.openai_batches import Office, Reply, Then
from fakes.openai_responses import (
    Conversations,
    Stream,
    Turn,
    check_stream,
    frames,
    image_events,
    read_turn,
    said,
    tool_of,
)
from fakes.openai_shapes import MODELS, Bad, Body, check, family, read_body, usage_of

Json = dict[str, object]
PRICES = {"1": (5, 8, 32), "2": (5, 8, 30), "2.5": (5, 8, 30), "2.6": (5, 8, 30)}
"""USD per million tokens: text in, image in, image out."""


# --- behaviours ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Paint:
    """A good answer, with differences. Nothing set: what OpenAI answers.

    `delay` in seconds. `count`: pictures in place of as many as asked. `size`, `format`: of the picture, in place of
    what was asked. `change` may alter the answer's JSON. `usage`: False leaves it out, `zeros` sets all to 0.
    `form`: how the bytes are told (`link`: an address of this server, `relative`: without host). `data`: the picture
    itself, in place of one that is painted.
    """

    delay: float = 0.0
    count: int | None = None
    size: tuple[int, int] | None = None
    format: Literal["png", "jpeg", "webp", "gif", "svg"] | None = None
    usage: bool | Literal["zeros"] = True
    form: Literal["b64", "data", "link", "relative"] = "b64"
    change: Callable[[Json], object] | None = None
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Error:
    """An error as the API writes it: `{"error": {message, type, param, code}}`. Nothing is painted.

    `body` in place of that: text (HTML, say) or anything that becomes JSON. `paints`: it was painted and billed, but
    the answer got lost (a gateway's time-out).
    """

    status: int
    code: str | None = None
    type: str = "invalid_request_error"
    message: str = "it is so"
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    details: Json | None = None
    paints: bool = False
    delay: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """Status 200 with any body at all; it was painted and billed."""

    body: bytes
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Cut:
    """The good answer, but the connection breaks. `reset`: by RST, else by a plain end.

    `unread`: before the body of the request is read (nothing is painted); `before`: before the first byte of the
    answer; `during`: in its middle; `after`: behind its last byte. `json`: whole by HTTP, but its JSON ends early.
    """

    when: Literal["unread", "before", "during", "after", "json"]
    reset: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang:
    """Paints, bills, and never answers (until the server stops). `headers`: status and headers do come."""

    headers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Drip:
    """The good answer, a byte every `pause` seconds: each wait is short, all together never end."""

    pause: float = 0.1


Behaviour = Paint | Error | Raw | Cut | Hang | Drip | Turn | Stream

HTML = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


def moderated(stage: str = "input", categories: tuple[str, ...] = ("sexual",)) -> Error:
    """A refusal as the API writes it."""
    text = f"Your request was rejected by the safety system. safety_violations=[{', '.join(categories)}]."
    details: Json = {"moderation_stage": stage, "categories": list(categories)}
    return Error(400, "moderation_blocked", "image_generation_user_error", text, details=details)


def gateway(status: int) -> Error:
    """A gateway's page; the picture was painted behind it."""
    return Error(status, body=HTML.replace("502", str(status)), paints=True)


# --- what was asked --------------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Asked:
    """One POST as it arrived, and what became of it. `painted`: pictures made, `cost`: USD billed, delivered or not.

    `began` and `ended` in seconds of the monotonic clock. `ending` tells in a word how it was answered.
    """

    number: int
    endpoint: str
    headers: Mapping[str, str]
    body: Body
    raw: bytes
    began: float
    ended: float = 0.0
    status: int = 0
    painted: int = 0
    cost: Decimal = Decimal(0)

    @property
    def fields(self) -> Mapping[str, object]:
        return self.body.fields

    @property
    def prompt(self) -> str:
        return said(self.body.fields) if self.endpoint == "responses" else str(self.body.fields.get("prompt", ""))

    @property
    def tool(self) -> Mapping[str, Any]:
        """The image tool of a turn."""
        return tool_of(self.body.fields)

    @property
    def count(self) -> int:
        value = self.body.fields.get("n", 1)
        return value if isinstance(value, int) else 1


@dataclass(slots=True, kw_only=True)
class _Rule:
    do: Behaviour
    at: int | None
    prompt: str | None
    left: int | None

    def fits(self, asked: Asked) -> bool:
        is_there = (self.at is None or self.at == asked.number) and (self.prompt is None or self.prompt in asked.prompt)
        return is_there and self.left != 0


class FakeOpenAI:
    """The server; runs between `with` and its end. All attributes may be changed while it runs."""

    def __init__(
        self,
        *,
        key: str = "sk-fake-key",
        images_per_minute: int | None = None,
        minute: float = 60.0,
        delay: float = 0.0,
        strict: bool = True,
    ) -> None:
        """`delay` in seconds before each good answer. `strict` False: bodies are not checked (a tolerant server)."""
        self.key = key
        self.images_per_minute, self.minute, self.delay, self.strict = images_per_minute, minute, delay, strict
        self.models: tuple[str, ...] = MODELS
        self.requests: list[Asked] = []
        self.fetched: list[tuple[str, Mapping[str, str]]] = []
        """Path and headers of every GET."""
        self.files: dict[str, bytes | str] = {}
        """What GET gives, by path; a text is an address to be redirected to."""
        self.looks: list[Error | Cut | None] = []
        """What happens to the next questions after a response, one each; None: it is answered."""
        self.most_at_once = 0
        self.talks = Conversations(self._paint, _dimensions)
        """The Responses API: what is kept, what runs, which ids were asked for."""
        self.office = Office(self._do_line)
        self.talks.file = lambda name: self.office.picture(name)
        """The Files and the Batch API."""
        self._rules: list[_Rule] = []
        self._token = os.urandom(6)
        self._serial = 0
        self._at_once = 0
        self._window: list[tuple[float, int]] = []
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._http = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    # --- for tests ------------------------------------------------------------------------------------------------

    @property
    def origin(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        """The base URL, with `/v1`."""
        return f"{self.origin}/v1"

    @property
    def count(self) -> int:
        """POSTs that arrived."""
        return len(self.requests)

    @property
    def painted(self) -> int:
        """Pictures made, delivered or not."""
        return sum(asked.painted for asked in self.requests)

    @property
    def cost(self) -> Decimal:
        """USD billed for all pictures made, delivered or not."""
        return sum((asked.cost for asked in self.requests), Decimal(0))

    @property
    def prompts(self) -> list[str]:
        return [asked.prompt for asked in self.requests]

    @property
    def statuses(self) -> list[int]:
        """How each POST was answered; 0: it was not."""
        return [asked.status for asked in self.requests]

    def say(self, do: Behaviour, *, at: int | None = None, prompt: str | None = None, times: int | None = 1) -> None:
        """From now on: `do` to request number `at`, or to those whose prompt holds `prompt`, so many times (None: always).

        Earlier sayings go first; without `at` and `prompt` it fits every request.
        """
        with self._lock:
            self._rules.append(_Rule(do=do, at=at, prompt=prompt, left=times))

    def forget(self) -> None:
        """Answers well again; what was recorded stays."""
        with self._lock:
            self._rules.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends all hanging answers and the server."""
        self._ending.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)

    # --- one POST ---------------------------------------------------------------------------------------------------

    def _arrived(self, endpoint: str, headers: Mapping[str, str]) -> Asked:
        with self._lock:
            asked = Asked(
                number=len(self.requests) + 1, endpoint=endpoint, headers=headers, body=Body(), raw=b"",
                began=time.monotonic(),
            )  # fmt: skip
            self.requests.append(asked)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        return asked

    def _left(self, asked: Asked) -> None:
        with self._lock:
            asked.ended = time.monotonic()
            self._at_once -= 1

    def _behaviour(self, asked: Asked) -> Behaviour:
        with self._lock:
            rule = next((rule for rule in self._rules if rule.fits(asked)), None)
            if rule is None:
                return Paint()
            if rule.left is not None:
                rule.left -= 1
            return rule.do

    def _checked(self, asked: Asked, content_type: str) -> Error | None:
        """The API's own answer to a wrong key or a wrong body; None where all is well."""
        if asked.headers.get("authorization") != f"Bearer {self.key}" and self.strict:
            return Error(401, "invalid_api_key", message=f"Incorrect API key: {asked.headers.get('authorization')}")
        try:
            if asked.endpoint == "responses":
                asked.body = read_turn(asked.raw)
                self.talks.check(asked.body, self.models)
                return None
            asked.body = read_body(content_type, asked.raw, asked.endpoint)
            if self.strict:
                check(asked.body, asked.endpoint, self.models)
                check_stream(asked.body)
        except Bad as bad:
            return Error(bad.status, body={"error": bad.error})
        return None

    def _rated(self, count: int) -> Error | None:
        """Takes `count` pictures of the rolling minute, or answers 429 with the time until they fit."""
        if self.images_per_minute is None:
            return None
        with self._lock:
            now = time.monotonic()
            self._window = [(at, images) for at, images in self._window if now - at < self.minute]
            over = sum(images for _, images in self._window) + count - self.images_per_minute
            if over <= 0:
                self._window.append((now, count))
                return None
            wait = self.minute
            for at, images in self._window:
                over -= images
                if over <= 0:
                    wait = self.minute - (now - at)
                    break
        wait *= 60 / self.minute
        headers = {"retry-after-ms": str(int(wait * 1000) + 1), "retry-after": str(int(wait) + 1)}
        text = f"Rate limit reached on images per min: Limit {self.images_per_minute}."
        return Error(429, "rate_limit_exceeded", "images", text, headers=headers)

    def _told_whole(self, asked: Asked, do: Behaviour) -> tuple[bytes, str]:
        """The good answer's body and media type; what was asked is painted and billed."""
        fields: Mapping[str, Any] = asked.body.fields
        stream = do if isinstance(do, Stream) else Stream()
        is_streamed = bool(fields.get("stream"))
        if asked.endpoint != "responses":
            answer = self._painting(asked, do if isinstance(do, Paint) else Paint())
            if not is_streamed:
                return json.dumps(answer).encode(), "application/json"
            events = image_events(answer, asked.endpoint, fields, stream, lambda: self._paint("png", (64, 64), False))
            return frames(events, stream), "text/event-stream"
        turn = do if isinstance(do, Turn) else Turn()
        told, asked.painted, asked.cost = self.talks.answer(asked.body, turn)
        if fields.get("background") and is_streamed:
            self.talks.begin(told, turn.polls)
        if is_streamed:
            return frames(self.talks.events(asked.body, told, stream), stream), "text/event-stream"
        if fields.get("background"):
            told = self.talks.begin(told, turn.polls)
        return json.dumps(told).encode(), "application/json"

    def _do_line(self, endpoint: str, body: Body) -> tuple[Asked, Json]:
        """One line of a batch: what was asked, and its answer. An Error without status is one of the batch itself."""
        asked = Asked(number=0, endpoint=endpoint, headers={}, body=body, raw=b"", began=0.0)
        do = self._behaviour(asked)
        if isinstance(do, Error):
            if do.paints:
                self._painting(asked, Paint())
            error = {"message": do.message, "type": do.type, "param": do.param, "code": do.code}
            if do.details is not None:
                error["moderation_details"] = do.details  # type: ignore[assignment]
            told: object = {"error": error} if do.body is None else do.body
            return asked, {"status_code": do.status, "body": told} if do.status else dict(error)
        answer = self._painting(asked, do if isinstance(do, Paint) else Paint())
        return asked, {"status_code": 200, "body": json.loads(do.body) if isinstance(do, Raw) else answer}

    def _paint(self, kind: str, size: tuple[int, int], alpha: bool) -> bytes:
        """A picture that no other answer has."""
        with self._lock:
            self._serial += 1
            serial = self._serial
        return picture(kind, *size, self._token + struct.pack(">I", serial), alpha=alpha)

    def _painting(self, asked: Asked, how: Paint) -> Json:
        """The answer's JSON; what was asked is painted and billed."""
        fields = asked.body.fields
        quality = str(fields.get("quality", "auto"))
        quality = "medium" if quality == "auto" else quality
        width, height = how.size or _size(str(fields.get("size", "auto")))
        kind = how.format or str(fields.get("output_format", "png"))
        count = asked.count if how.count is None else how.count
        usage = self._bill(asked, quality, count)
        answer: Json = {
            "created": 1_795_000_000,
            "background": "transparent" if fields.get("background") == "transparent" else "opaque",
            "output_format": str(fields.get("output_format", "png")),
            "quality": quality,
            "size": f"{width}x{height}",
            "data": [self._told(how, kind, width, height, asked) for _ in range(count)],
        }
        if how.usage:
            answer["usage"] = _zeros(usage) if how.usage == "zeros" else usage
        if kind == "svg" and how.usage:
            answer["svg_usage"] = {
                "model": "gpt-6-astra",
                "input_tokens": 50,
                "output_tokens": 900,
                "total_tokens": 950,
            }
        if how.change is not None:
            how.change(answer)
        return answer

    def _bill(self, asked: Asked, quality: str, count: int) -> Json:
        """`usage` for `count` pictures; books them."""
        fields = asked.body.fields
        if str(fields.get("model")) not in MODELS:
            asked.painted = count
            return {}
        width, height = _size(str(fields.get("size", "auto")))
        seen = [_dimensions(part.data) for part in asked.body.files if part.field != "mask"]
        billed = replace(asked.body, fields={**fields, "n": count})
        usage = usage_of(billed, asked.endpoint, width=width, height=height, quality=quality, inputs=seen)
        details = usage["input_tokens_details"]
        assert isinstance(details, dict)
        text, image, out = PRICES[family(str(fields["model"]))]
        total = details["text_tokens"] * text + details["image_tokens"] * image + int(str(usage["output_tokens"])) * out
        asked.painted, asked.cost = count, Decimal(total) / 1_000_000
        return usage

    def _told(self, how: Paint, kind: str, width: int, height: int, asked: Asked) -> Json:
        with self._lock:
            self._serial += 1
            serial = self._serial
        see_through = asked.body.fields.get("background") == "transparent"
        frames = asked.body.fields.get("frame_count", 9)
        mark = self._token + struct.pack(">I", serial)
        data = how.data or picture(kind, width, height, mark, alpha=see_through, frames=int(str(frames)))
        if how.form in ("b64", "data"):
            text = base64.b64encode(data).decode()
            return {"b64_json": f"data:image/{kind};base64,{text}" if how.form == "data" else text}
        path = f"/v1/files/{serial}.{kind}"
        self.files[path] = data
        return {"url": path if how.form == "relative" else self.origin + path}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are nothing to tell."""


def _handler(server: FakeOpenAI) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        fake = server

    return Handler


class _Handler(BaseHTTPRequestHandler):
    fake: ClassVar[FakeOpenAI]
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing on stderr."""

    def do_DELETE(self) -> None:
        self._at_office("DELETE")

    def do_GET(self) -> None:
        self.fake.fetched.append((self.path, self._headers()))
        if self.fake.office.takes(self.path):
            self._at_office("GET")
            return
        if self.path.startswith("/v1/responses/"):
            self._tell_of(self.path.removeprefix("/v1/responses/").partition("?")[0])
            return
        found = self.fake.files.get(self.path)
        if isinstance(found, str):
            self._send(302, b"", {"location": found})
        elif found is None:
            self._send(404, b"not here", {"content-type": "text/plain"})
        else:
            is_model = self.path.startswith("/v1/models/")
            self._send(200, found, {"content-type": f"application/{'json' if is_model else 'octet-stream'}"})

    def _tell_of(self, name: str) -> None:
        """What has become of a response; or its answer breaks, as often as was asked for."""
        fake = self.fake
        told = fake.talks.look(name)
        trouble = fake.looks.pop(0) if fake.looks else None
        if isinstance(trouble, Error):
            self._send_error(trouble, None)
        elif trouble is not None:
            self._break(reset=True)
        elif self.headers.get("authorization") != f"Bearer {fake.key}":
            self._send_error(Error(401, "invalid_api_key"), None)
        elif told is None:
            self._send_error(Error(404, None, message=f"Response with id '{name}' not found."), None)
        else:
            self._send(200, json.dumps(told).encode(), {"content-type": "application/json", "x-request-id": "req_look"})

    def _at_office(self, method: str) -> None:
        """A request of the Files or the Batch API, with what was said of the next one of its kind."""
        office = self.fake.office
        data = self.rfile.read(int(self.headers.get("content-length", 0)))
        action = office.action_of(method, self.path)
        if action is None:
            self._send_error(Error(404, message=f"Invalid URL ({method} {self.path})"), None)
            return
        if self.headers.get("authorization") != f"Bearer {self.fake.key}":
            self._send_error(Error(401, "invalid_api_key"), None)
            return
        do = office.rule_for(action)
        if isinstance(do, Then) and do.before:
            do.call()
            self._break(reset=True)
            return
        if (isinstance(do, Error) and not do.paints) or (isinstance(do, Cut) and do.when == "unread"):
            self._send_error(do, None) if isinstance(do, Error) else self._break(reset=True)
            return
        try:
            reply = office.answer(action, self.path, self.headers.get("content-type", ""), data)
        except Bad as bad:
            reply = Reply(status=bad.status, body={"error": bad.error})
        if isinstance(do, Then) and not do.before:
            do.call()
        self._hand_out(reply, do)

    def _hand_out(self, reply: Reply, do: object) -> None:
        """The answer, or what comes in its place."""
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        kind = "application/octet-stream" if isinstance(reply.body, bytes) else "application/json"
        headers = {"content-type": kind, "x-request-id": "req_office"}
        if isinstance(do, Error):
            self._send_error(do, None)
        elif isinstance(do, Hang):
            self.fake._ending.wait()
            self._break(reset=True)
        elif isinstance(do, Cut) and do.when == "during":
            self._head(reply.status, len(body), headers)
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            time.sleep(0.05)
            self._break(reset=do.reset)
        elif isinstance(do, Cut):
            self._break(reset=do.reset)
        else:
            self._send(reply.status, body, headers)

    def do_POST(self) -> None:
        if self.fake.office.takes(self.path):
            self._at_office("POST")
            return
        endpoint = self.path.partition("?")[0].removeprefix("/v1/images/").removeprefix("/v1/")
        if endpoint.startswith("responses/") and endpoint.endswith("/cancel"):
            told = self.fake.talks.cancel(endpoint.split("/")[1])
            self._send(200 if told else 404, json.dumps(told).encode(), {"content-type": "application/json"})
            return
        if endpoint not in ("generations", "edits", "responses"):
            self._send_error(Error(404, message=f"Invalid URL (POST {self.path})"), None)
            return
        asked = self.fake._arrived(endpoint, self._headers())
        try:
            self._answer(asked)
        finally:
            self.fake._left(asked)

    def _answer(self, asked: Asked) -> None:
        first = self.fake._behaviour(replace(asked)) if self._is_unread(asked) else None
        if first is not None:
            self._break(reset=True)
            return
        asked.raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        refused = self.fake._checked(asked, self.headers.get("content-type", ""))
        do = refused or self.fake._behaviour(asked)
        limited = None if isinstance(do, Error) else self.fake._rated(asked.count)
        self._do(asked, limited or do)

    def _is_unread(self, asked: Asked) -> bool:
        """Whether a rule by number wants the connection broken before the body is read."""
        with self.fake._lock:
            rule = next((rule for rule in self.fake._rules if rule.fits(asked)), None)
        return rule is not None and isinstance(rule.do, Cut) and rule.do.when == "unread"

    def _do(self, asked: Asked, do: Behaviour) -> None:
        if isinstance(do, Error):
            self.fake._ending.wait(do.delay)
            if do.paints:
                self.fake._told_whole(asked, Paint())
            self._send_error(do, asked)
            return
        body, kind = self.fake._told_whole(asked, do)
        if isinstance(do, Hang):
            if do.headers:
                self._head(200, len(body), {"content-type": kind, "x-request-id": f"req_{asked.number}"})
                self.wfile.flush()
            self.fake._ending.wait()
            self._break(reset=True)
        elif isinstance(do, Cut):
            self._cut(asked, do, body, kind)
        elif isinstance(do, Drip):
            self._drip(do, body)
        elif isinstance(do, Raw):
            asked.status = 200
            self._send(200, do.body, {"content-type": do.media_type, "x-request-id": f"req_{asked.number}"})
        else:
            self.fake._ending.wait(0 if isinstance(do, Stream) else do.delay or self.fake.delay)
            asked.status = 200
            self._send(200, body, {"content-type": kind, "x-request-id": f"req_{asked.number}"})

    def _drip(self, do: Drip, body: bytes) -> None:
        self._head(200, len(body), {"content-type": "application/json"})
        with contextlib.suppress(OSError):
            for place in range(len(body)):
                self.wfile.write(body[place : place + 1])
                self.wfile.flush()
                if self.fake._ending.wait(do.pause):
                    return

    def _cut(self, asked: Asked, do: Cut, body: bytes, kind: str) -> None:
        headers = {"content-type": kind, "x-request-id": f"req_{asked.number}"}
        if do.when == "json":
            asked.status = 200
            self._send(200, body[: len(body) // 2], headers)
            return
        if do.when in ("during", "after"):
            asked.status = 200
            self._head(200, len(body), headers)
            self.wfile.write(body if do.when == "after" else body[: len(body) // 2])
            self.wfile.flush()
            time.sleep(0.05)  # lets the client read what came before the break
        self._break(reset=do.reset)

    def _send_error(self, error: Error, asked: Asked | None) -> None:
        if asked is not None:
            asked.status = error.status
        fields: Json = {"message": error.message, "type": error.type, "param": error.param, "code": error.code}
        if error.details is not None:
            fields["moderation_details"] = error.details
        body = {"error": fields} if error.body is None else error.body
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        kind = "text/html" if isinstance(body, str) else "application/json"
        number = {"x-request-id": f"req_{asked.number}"} if asked else {}
        self._send(error.status, data, {"content-type": kind, **number, **error.headers})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        with contextlib.suppress(OSError):
            self._head(status, len(body), headers)
            self.wfile.write(body)
            self.wfile.flush()

    def _head(self, status: int, length: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(length))
        self.end_headers()

    def _break(self, *, reset: bool) -> None:
        """Ends the connection: with RST, or plainly."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            if reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            else:
                self.connection.shutdown(socket.SHUT_RDWR)

    def _headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}


# --- pictures --------------------------------------------------------------------------------------------------------


def picture(kind: str, width: int, height: int, mark: bytes, *, alpha: bool = False, frames: int = 9) -> bytes:
    """A valid picture of the kind, different for each `mark`. Pillow is used for all but PNG and SVG."""
    data = png(width, height, mark, alpha=alpha)
    if kind == "png":
        return data
    if kind == "svg":
        view = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {view}><desc>{mark.hex()}</desc></svg>'.encode()
    from PIL import Image

    stream = io.BytesIO()
    image = Image.open(io.BytesIO(data))
    if kind == "gif":
        still = image.convert("RGB").quantize(64)
        others = [Image.new("P", still.size, number) for number in range(1, frames)]
        still.save(stream, "GIF", save_all=True, append_images=others, duration=200, loop=0)
        return stream.getvalue()
    image.convert("RGB").save(stream, kind.upper())
    return stream.getvalue()


def _size(text: str) -> tuple[int, int]:
    """What was asked for, in pixels; `auto` is a square."""
    width, _, height = text.partition("x")
    return (int(width), int(height)) if width.isdigit() and height.isdigit() else (1024, 1024)


def _dimensions(data: bytes) -> tuple[int, int]:
    """Width and height in pixels of an input picture."""
    if data.startswith(b"\x89PNG"):
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    from PIL import Image

    return Image.open(io.BytesIO(data)).size


def _zeros(usage: Mapping[str, object]) -> Json:
    return {name: _zeros(value) if isinstance(value, dict) else 0 for name, value in usage.items()}
