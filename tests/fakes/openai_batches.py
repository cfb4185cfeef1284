"""The Files and the Batch API as the fake server speaks them. Plugs into openai_server.py; its progress is the test's to make.

    office = server.office
    office.say("create", Cut("before"))      # made, and the answer is lost
    office.run()                             # every batch is done, its answers in another order than they were asked
    office.end("expired", done=2)            # two lines are done, the others expire
    assert office.batches[0].asked[0].prompt == "a fox"

Each body is checked against the SDK's own types, each line of a file by the rules for its endpoint; JSON edits may name
uploaded files only. A line's behaviour is said to the server by a piece of its prompt, as for live requests.
"""

from __future__ import annotations

import email.parser
import email.policy
import json
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, Protocol

from openai.types.batch_create_params import BatchCreateParams

from fakes.openai_shapes import FIELDS, MIME, Bad, Body, FilePart, check
from fakes.sdk_shapes import misfit

Json = dict[str, Any]
Action = Literal["upload", "file", "content", "delete", "files", "create", "look", "list", "cancel"]
ENDPOINTS = {"/v1/images/generations": "generations", "/v1/images/edits": "edits"}
OVER = ("failed", "completed", "expired", "cancelled")
MOST_LINES, MOST_BYTES = 50_000, 200_000_000


@dataclass(frozen=True, slots=True)
class Then:
    """Calls something (say: kills the client) when a request was done, or before: then it is not done at all."""

    call: Callable[[], object]
    before: bool = False


@dataclass(slots=True, kw_only=True)
class Stored:
    """A file at the server. `used`: how often a line named it."""

    id: str
    filename: str
    purpose: str
    data: bytes
    media_type: str
    created: int
    expires: int | None
    used: int = 0

    def told(self) -> Json:
        return {
            "id": self.id, "object": "file", "bytes": len(self.data), "created_at": self.created, "status": "processed",
            "filename": self.filename, "purpose": self.purpose, "expires_at": self.expires,
        }  # fmt: skip


class Line(Protocol):
    """A line of a batch, as the server keeps a request (openai_server.Asked)."""

    body: Body
    painted: int
    cost: Decimal

    @property
    def prompt(self) -> str: ...


@dataclass(slots=True, kw_only=True)
class Made:
    """A batch. `lines` are its file's, `asked` those that were done so far, `answers` and `errors` what they gave."""

    id: str
    input_file_id: str
    endpoint: str
    metadata: Mapping[str, str]
    created: int
    status: str = "validating"
    lines: list[Json] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)
    answers: list[Json] = field(default_factory=list)
    errors: list[Json] = field(default_factory=list)
    faults: list[Json] = field(default_factory=list)
    output: str | None = None
    error_output: str | None = None
    ended: int | None = None
    counts: Json | None = None

    @property
    def prompts(self) -> list[str]:
        """What its file asks for."""
        return [str(line["body"]["prompt"]) for line in self.lines]

    def told(self) -> Json:
        counts = {"total": len(self.lines), "completed": len(self.answers), "failed": len(self.errors)}
        return {
            "id": self.id, "object": "batch", "endpoint": self.endpoint, "input_file_id": self.input_file_id,
            "completion_window": "24h", "status": self.status, "created_at": self.created, "metadata": dict(self.metadata),
            "expires_at": self.created + 86_400, "output_file_id": self.output, "error_file_id": self.error_output,
            "errors": {"object": "list", "data": self.faults} if self.faults else None,
            "request_counts": self.counts or counts,
            f"{self.status}_at": self.ended if self.status in OVER else self.created,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a request is answered: a status and JSON, or bytes."""

    status: int = 200
    body: Json | bytes = b""


class Office:
    """Files and batches of one account. All attributes may be changed while the server runs."""

    def __init__(self, do_line: Callable[[str, Body], tuple[Any, Json]]) -> None:
        """`do_line` does one request: what was asked, and `{"status_code": …, "body": …}` or `{"code": …}`."""
        self.files: dict[str, Stored] = {}
        self.deleted: list[str] = []
        self.batches: list[Made] = []
        self.log: list[Action] = []
        """What was asked, in order."""
        self.shift = 0.0
        """Seconds by which this server's time is ahead."""
        self.page = 100
        self._do_line = do_line
        self._rules: list[tuple[Action, object, list[int]]] = []
        self._serial = 0
        self._lock = threading.RLock()

    # --- for tests ------------------------------------------------------------------------------------------------

    def say(self, action: Action, do: object, times: int = 1) -> None:
        """`do` (Error, Cut, Hang of the server, or Then) to the next so many requests of a kind."""
        self._rules.append((action, do, [times]))

    def forget(self) -> None:
        """Does all requests well again."""
        with self._lock:
            self._rules.clear()

    @property
    def asked(self) -> list[Any]:
        """Every line that was done, of all batches."""
        return [asked for made in self.batches for asked in made.asked]

    @property
    def painted(self) -> int:
        return sum(asked.painted for asked in self.asked)

    @property
    def cost(self) -> Decimal:
        """USD for all that was painted: half the live price."""
        return sum((asked.cost / 2 for asked in self.asked), Decimal(0))

    @property
    def prompts(self) -> list[str]:
        """Prompts of all lines of all batches, done or not."""
        return [prompt for made in self.batches for prompt in made.prompts]

    def uploads(self, purpose: str = "vision") -> list[Stored]:
        return [item for item in self.files.values() if item.purpose == purpose]

    def work(self, lines: int | None = None) -> None:
        """So many lines of each batch that goes on are done (None: all)."""
        with self._lock:
            for made in self.batches:
                if made.status in ("validating", "in_progress"):
                    self._check(made)
                if made.status == "in_progress":
                    todo = made.lines[len(made.asked) :]
                    for line in todo[: len(todo) if lines is None else lines]:
                        self._work(made, line)

    def end(
        self,
        status: str = "completed",
        *,
        done: int | None = None,
        change: Callable[[list[Json]], list[Json]] = lambda lines: lines[::-1],
    ) -> None:
        """Ends every batch that goes on: `done` lines of it (None: all) are done first; of the others an expired or
        cancelled one tells errors. `change` makes the lines of its answers what they are delivered as."""
        self.work(done)
        with self._lock:
            for made in self.batches:
                if made.status in ("in_progress", "cancelling", "finalizing"):
                    self._end(made, status, change)

    def run(self) -> None:
        """Every batch is done."""
        self.end()

    # --- lines ------------------------------------------------------------------------------------------------------

    def _check(self, made: Made) -> None:
        """What the API says of a file before it begins."""
        faults: list[Json] = []
        seen: set[str] = set()
        for number, line in enumerate(made.lines, start=1):
            fault = self._fault(made, line, seen)
            if fault is not None:
                faults.append({"code": fault[0], "message": fault[1], "param": None, "line": number})
        if len({line.get("body", {}).get("model") for line in made.lines}) > 1:
            faults.append({"code": "mismatched_model", "message": "one model a file", "param": None, "line": None})
        made.faults = faults
        made.status = "failed" if faults else "in_progress"
        made.ended = self.now() if faults else None

    def _fault(self, made: Made, line: Json, seen: set[str]) -> tuple[str, str] | None:
        if set(line) != {"custom_id", "method", "url", "body"} or line["method"] != "POST":
            return "invalid_json_line", f"a line has {sorted(line)}"
        if line["url"] != made.endpoint:
            return "mismatched_endpoint", f"a line is for {line['url']}"
        if not isinstance(line["custom_id"], str) or line["custom_id"] in seen:
            return "duplicate_custom_id", "a custom_id is there twice"
        seen.add(line["custom_id"])
        return None

    def _work(self, made: Made, line: Json) -> None:
        endpoint = ENDPOINTS[made.endpoint]
        number = len(made.asked) + 1
        named = {"id": f"batch_req_{made.id}_{number}", "custom_id": line["custom_id"]}
        try:
            body = self._body(endpoint, line["body"])
        except Bad as bad:
            made.asked.append(_Refused(body=Body(fields=line["body"])))
            answer: Json = {"status_code": bad.status, "body": {"error": bad.error}}
        else:
            asked, answer = self._do_line(endpoint, body)
            made.asked.append(asked)
        if "code" in answer:
            made.errors.append({**named, "response": None, "error": answer})
            return
        response = {"request_id": f"req_{made.id}_{number}", **answer}
        target = made.answers if answer["status_code"] == 200 else made.errors
        target.append({**named, "response": response, "error": None})

    def _body(self, endpoint: str, said: Json) -> Body:
        """A line's body as the live endpoint would have it: files in the place of their ids. Raises Bad."""
        if endpoint == "generations":
            body = Body(fields=said)
            check(body, endpoint)
            return body
        fields = {name: value for name, value in said.items() if name not in ("images", "mask")}
        moderation = {"moderation"} & set(fields)
        images = said.get("images")
        if not isinstance(images, list) or not 1 <= len(images) <= 16:
            raise Bad("Missing required parameter: 'images'.", "missing_required_parameter", param="images")
        parts = [self._picture("image[]", item) for item in images]
        parts += [self._picture("mask", said["mask"])] if "mask" in said else []
        checked = Body(fields={k: v for k, v in fields.items() if k not in moderation}, files=tuple(parts))
        assert "images" not in FIELDS["edits"]
        check(checked, endpoint)
        return checked

    def picture(self, name: str) -> bytes:
        """The bytes of an uploaded picture. Raises Bad."""
        return self._picture("input", {"file_id": name}).data

    def _picture(self, name: str, item: object) -> FilePart:
        if not isinstance(item, dict) or set(item) != {"file_id"}:
            raise Bad(f"Invalid '{name}': {item!r:.60}", "invalid_value", param=name)
        stored = self._alive(str(item["file_id"]))
        if stored is None or stored.purpose not in ("vision", "user_data"):
            raise Bad(f"No such File object: {item['file_id']}", "image_file_not_found", param=name)
        stored.used += 1
        return FilePart(field=name, filename=stored.filename, media_type=stored.media_type, data=stored.data)

    def _end(self, made: Made, status: str, change: Callable[[list[Json]], list[Json]]) -> None:
        made.status, made.ended = status, self.now()
        if status in ("expired", "cancelled"):
            rest = made.lines[len(made.asked) :]
            error = {"code": f"batch_{status}", "message": "This request could not be executed before the batch ended."}
            made.errors += [
                {"id": "x", "custom_id": line["custom_id"], "response": None, "error": error} for line in rest
            ]
        if made.answers:
            made.output = self._store("output.jsonl", "batch_output", _jsonl(change(list(made.answers))), None).id
        if made.errors:
            made.error_output = self._store("errors.jsonl", "batch_output", _jsonl(change(list(made.errors))), None).id

    # --- requests -----------------------------------------------------------------------------------------------------

    def now(self) -> int:
        return int(time.time() + self.shift)

    def takes(self, path: str) -> bool:
        """Whether a path is one of these APIs. (Links to painted pictures are `/v1/files/7.png`.)"""
        return (
            re.fullmatch(r"/v1/(files(/(file|batch)-[^/.]+(/content)?)?|batches(/[^/]+(/cancel)?)?)", _plain(path))
            is not None
        )

    def action_of(self, method: str, path: str) -> Action | None:
        name, *rest = _plain(path).removeprefix("/v1/").split("/")
        known: dict[tuple[str, str, int], Action] = {
            ("POST", "files", 0): "upload", ("GET", "files", 0): "files", ("GET", "files", 1): "file",
            ("GET", "files", 2): "content", ("DELETE", "files", 1): "delete", ("POST", "batches", 0): "create",
            ("GET", "batches", 0): "list", ("GET", "batches", 1): "look", ("POST", "batches", 2): "cancel",
        }  # fmt: skip
        return known.get((method, name, len(rest)))

    def rule_for(self, action: Action) -> object | None:
        """What was said of the next request of this kind; it is used up."""
        with self._lock:
            self.log.append(action)
            for kind, do, left in self._rules:
                if kind == action and left[0] > 0:
                    left[0] -= 1
                    return do
        return None

    def answer(self, action: Action, path: str, content_type: str, data: bytes) -> Reply:
        """Does a request. Raises Bad."""
        name = _plain(path).split("/")[3] if _plain(path).count("/") > 2 else ""
        with self._lock:
            if action == "upload":
                return self._upload(content_type, data)
            if action == "create":
                return self._create(data)
            if action == "list":
                return self._list(path)
            if action == "files":
                return Reply(
                    body={"object": "list", "data": [item.told() for item in self.files.values()], "has_more": False}
                )
            return self._batch(action, name) if action in ("look", "cancel") else self._file(action, name)

    def _upload(self, content_type: str, data: bytes) -> Reply:
        if not content_type.startswith("multipart/form-data"):
            raise Bad(f"Unsupported content type: '{content_type}'", "unsupported_content_type", status=415)
        head = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + data)
        fields: dict[str, Any] = {}
        for part in message.iter_parts():
            content = part.get_payload(decode=True)
            fields[str(part.get_param("name", "", "content-disposition"))] = (part, content)
        unknown = set(fields) - {"file", "purpose", "expires_after[anchor]", "expires_after[seconds]"}
        if unknown or "file" not in fields or "purpose" not in fields:
            raise Bad(f"Unknown or missing parameters: {sorted(unknown)}", "unknown_parameter")
        part, content = fields["file"]
        purpose = fields["purpose"][1].decode()
        seconds = self._expiry(fields)
        media_type = part.get_content_type()
        if purpose == "vision" and media_type not in MIME:
            raise Bad(f"Invalid file for vision: {media_type}", "unsupported_file_mimetype", param="file")
        if purpose == "batch" and (
            not content.strip() or len(content) > MOST_BYTES or content.count(b"\n") > MOST_LINES
        ):
            raise Bad("Invalid batch file.", "invalid_file", param="file")
        stored = self._store(part.get_filename(), purpose, content, seconds, media_type)
        return Reply(body=stored.told())

    def _expiry(self, fields: Mapping[str, Any]) -> int | None:
        if "expires_after[seconds]" not in fields:
            return None
        seconds = int(fields["expires_after[seconds]"][1])
        if fields["expires_after[anchor]"][1] != b"created_at" or not 3_600 <= seconds <= 2_592_000:
            raise Bad("Invalid 'expires_after'.", "invalid_value", param="expires_after")
        return seconds

    def _store(
        self, filename: str, purpose: str, data: bytes, seconds: int | None, media_type: str = "application/jsonl"
    ) -> Stored:
        self._serial += 1
        now = self.now()
        stored = Stored(
            id=f"file-{self._serial:04}", filename=filename, purpose=purpose, data=data, media_type=media_type,
            created=now, expires=None if seconds is None else now + seconds,
        )  # fmt: skip
        self.files[stored.id] = stored
        return stored

    def _alive(self, name: str) -> Stored | None:
        stored = self.files.get(name)
        return None if stored is None or (stored.expires is not None and stored.expires <= self.now()) else stored

    def _file(self, action: Action, name: str) -> Reply:
        stored = self._alive(name)
        if stored is None:
            raise Bad(f"No such File object: {name}", None, param="id", status=404)
        if action == "content":
            return Reply(body=stored.data)
        if action == "delete":
            del self.files[name]
            self.deleted.append(name)
            return Reply(body={"id": name, "object": "file", "deleted": True})
        return Reply(body=stored.told())

    def _create(self, data: bytes) -> Reply:
        said = json.loads(data)
        wrong = misfit(said, BatchCreateParams)
        metadata = said.get("metadata") or {}
        if wrong is None and (len(metadata) > 16 or any(len(k) > 64 or len(v) > 512 for k, v in metadata.items())):
            wrong = "metadata: too long"
        if wrong is not None or said["endpoint"] not in ENDPOINTS:
            raise Bad(f"Invalid batch: {wrong}", "invalid_value")
        file = self._alive(said["input_file_id"])
        if file is None or file.purpose != "batch":
            raise Bad(f"No such File object: {said['input_file_id']}", None, param="input_file_id")
        lines = [json.loads(line) for line in file.data.splitlines()]
        made = Made(
            id=f"batch_{len(self.batches) + 1}", input_file_id=file.id, endpoint=said["endpoint"], metadata=metadata,
            created=self.now(), lines=lines,
        )  # fmt: skip
        self.batches.append(made)
        return Reply(body=made.told())

    def _batch(self, action: Action, name: str) -> Reply:
        made = next((item for item in self.batches if item.id == name), None)
        if made is None:
            raise Bad(f"No batch found with id '{name}'.", None, status=404)
        if action == "cancel":
            if made.status in OVER:
                raise Bad(f"Cannot cancel a batch with status '{made.status}'.", None, status=409)
            self._check(made) if made.status == "validating" else None
            made.status = "cancelling"
        return Reply(body=made.told())

    def _list(self, path: str) -> Reply:
        query = dict(pair.split("=", 1) for pair in path.partition("?")[2].split("&") if pair)
        if set(query) - {"after", "limit"} or not 1 <= int(query.get("limit", 20)) <= 100:
            raise Bad(f"Unknown parameters: {query}", "unknown_parameter")
        newest = self.batches[::-1]
        start = next((place + 1 for place, item in enumerate(newest) if item.id == query.get("after")), 0)
        some = newest[start : start + min(self.page, int(query.get("limit", 20)))]
        last = some[-1].id if some else None
        more = start + len(some) < len(newest)
        told: Json = {"object": "list", "data": [item.told() for item in some], "last_id": last, "has_more": more}
        return Reply(body=told)


@dataclass(slots=True, kw_only=True)
class _Refused:
    """A line whose body was wrong."""

    body: Body
    painted: int = 0
    cost: Decimal = Decimal(0)

    @property
    def prompt(self) -> str:
        return str(self.body.fields.get("prompt", ""))


def _plain(path: str) -> str:
    return path.partition("?")[0]


def _jsonl(lines: Sequence[Json]) -> bytes:
    return "".join(json.dumps(line) + "\n" for line in lines).encode()
