"""Every row of the error table, over real HTTP: which of the five ends it is, and what is said."""

from __future__ import annotations

import logging
import socket
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from PIL import Image

from fakes.openai_server import HTML, Behaviour, Cut, Drip, Error, FakeOpenAI, Hang, Paint, Raw, gateway, moderated
from pixmake.providers.base import Answer, Busy, Failed, Picture, ProviderError, Refused, Stopped, Unknown
from pixmake.providers.openai.errors import wait_of

Ask = Callable[..., Answer]

BUSY: dict[str, Behaviour] = {
    "rate": Error(429, "rate_limit_exceeded", "requests", "slow", headers={"retry-after": "7"}),
    "rate of tokens": Error(429, "rate_limit_exceeded", "tokens"),
    "slow down": Error(429, "slow_down", "rate_limit_error"),
    "429 page": Error(429, body=HTML),
    "429 text": Error(429, body={"error": "too many"}),
    "500": Error(500, "server_error", "server_error"),
    "500 without code": Error(500, None, "server_error"),
    "503": Error(503, "server_is_overloaded", "service_unavailable_error"),
}
STOPPED: Mapping[str, Behaviour] = {
    code: Error(429, code, code, "pay first")
    for code in (
        "insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached",
        "organization_spend_limit_exceeded", "project_spend_limit_exceeded", "organization_usage_limit_exceeded",
    )
} | {
    "quota by type": Error(429, None, "insufficient_quota"),
    "400 hard limit": Error(400, "billing_hard_limit_reached", "image_generation_user_error"),
    "402": Error(402, body={"error": "no balance"}),
    "401": Error(401, "invalid_api_key"),
    "401 without body": Error(401, body=""),
    "403 country": Error(403, "unsupported_country_region_territory", "request_forbidden"),
    "403 verify": Error(403, None, message="Your organization must be verified to use the model."),
    "404 model": Error(404, "model_not_found"),
    "404 path": Error(404, body=HTML),
    "redirect": Error(307, body="", headers={"location": "http://127.0.0.1:9/"}),
}  # fmt: skip
REFUSED: dict[str, Behaviour] = {
    "moderation": moderated(),
    "older name": Error(400, "content_policy_violation", "image_generation_user_error"),
    "azure": Error(400, "contentFilter"),
}
FAILED: Mapping[str, Behaviour] = {
    code: Error(400, code, param="size")
    for code in (
        "invalid_value", "invalid_image_file", "unsupported_file_mimetype", "missing_file_mimetype",
        "invalid_input_fidelity_model", "unknown_parameter", "missing_required_parameter",
    )
} | {
    "409": Error(409, "conflict"),
    "413 page": Error(413, body=HTML),
    "422 detail": Error(422, body={"detail": [{"loc": ["size"], "msg": "bad"}]}),
    "400 text": Error(400, body={"error": "no such size"}),
    "400 detail": Error(400, body={"detail": "no such size"}),
    "415": Error(415, body="no"),
}  # fmt: skip
UNKNOWN: dict[str, Behaviour] = {
    **{f"{status} page": gateway(status) for status in (500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 529)},
    "408": Error(408, "timeout", "server_error"),
    "502 json": Error(502, "server_error", "server_error"),
    "504 json": Error(504, "server_error", "server_error"),
    "500 text": Error(500, body={"error": "it broke"}),
    "500 detail": Error(500, body={"detail": "it broke"}),
    "500 of a relay": Error(500, "bad_response_status_code", "upstream_error"),
    "503 relay": Error(503, None, "new_api_error"),
    "500 list": Error(500, body=[1]),
    "reset unread": Cut("unread"),
    "reset before": Cut("before"),
    "end before": Cut("before", reset=False),
    "reset during": Cut("during"),
    "end during": Cut("during", reset=False),
    "cut json": Cut("json"),
    "hang": Hang(),
    "hang behind headers": Hang(headers=True),
    "html": Raw(body=HTML.encode(), media_type="text/html"),
    "empty": Raw(body=b""),
    "null": Raw(body=b"null"),
    "number": Raw(body=b"7"),
    "nested": Raw(body=b"[" * 100_000),
    "no data": Raw(body=b'{"created": 1}'),
    "null data": Raw(body=b'{"created": 1, "data": null}'),
    "error in 200": Raw(body=b'{"error": {"message": "it broke"}}'),
    "empty list": Paint(count=0),
    "bad base64": Raw(body=b'{"data": [{"b64_json": "!!!!"}]}'),
    "cut base64": Raw(body=b'{"data": [{"b64_json": "iVBORw0"}]}'),
    "null picture": Raw(body=b'{"data": [{"b64_json": null, "url": null}]}'),
    "no object": Raw(body=b'{"data": ["iVBORw0"]}'),
    "forged": Raw(body=b'{"data": [{"b64_json": "\\u0000 lifted 5"}]}'),
}
ROWS = [
    pytest.param(end, behaviour, id=f"{end.__name__}: {name}")
    for end, rows in ((Busy, BUSY), (Stopped, STOPPED), (Refused, REFUSED), (Failed, FAILED), (Unknown, UNKNOWN))
    for name, behaviour in rows.items()
]


@pytest.mark.parametrize(("end", "behaviour"), ROWS)
def test_each_row_of_the_table(server: FakeOpenAI, ask: Ask, end: type[ProviderError], behaviour: Behaviour) -> None:
    server.say(behaviour, times=None)
    with pytest.raises(ProviderError) as raised:
        ask(settings={"timeout": 1 if isinstance(behaviour, Hang) else 20})
    assert type(raised.value) is end
    assert server.count == 1, "one order is one POST, whatever comes back"
    has_headers = not isinstance(behaviour, Hang | Cut) or behaviour in (
        UNKNOWN["hang behind headers"],
        UNKNOWN["cut json"],
    )
    if has_headers or (isinstance(behaviour, Cut) and behaviour.when == "during"):
        assert raised.value.request_id == "req_1"


@pytest.mark.parametrize("behaviour", [moderated(), gateway(504), Cut("before"), Error(422, body={"detail": "no"})])
def test_edits_end_in_the_same_ways(server: FakeOpenAI, ask: Ask, tmp_path: Path, behaviour: Behaviour) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    photo = Picture(kind="image", path=tmp_path / "a.png", media_type="image/png", width=64, height=64)
    server.say(behaviour, times=None)
    with pytest.raises(ProviderError) as by_edit:
        ask(pictures=(photo,))
    with pytest.raises(ProviderError) as by_generate:
        ask()
    assert type(by_edit.value) is type(by_generate.value)
    assert by_edit.value.message == by_generate.value.message
    assert [asked.endpoint for asked in server.requests] == ["edits", "generations"]


def test_a_server_without_edits_stops_only_edits(server: FakeOpenAI, ask: Ask, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    photo = Picture(kind="image", path=tmp_path / "a.png", media_type="image/png", width=64, height=64)
    server.say(Error(405, body={"detail": "Method Not Allowed"}))
    with pytest.raises(Failed, match=r"has no edits \(HTTP 405\)"):
        ask(pictures=(photo,))


def test_reset_after_the_whole_answer_is_no_loss(server: FakeOpenAI, ask: Ask) -> None:
    server.say(Cut("after"))
    assert len(ask().pictures) == 1


def test_the_time_limit_holds_for_the_whole_answer(
    server: FakeOpenAI, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pixmake.providers.openai import client

    monkeypatch.setattr(client, "CONNECT_SECONDS", 0.2)
    server.say(Drip(pause=0.1))
    with pytest.raises(Unknown, match=r"did not answer in time$"):
        ask(settings={"timeout": 1})


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_without_a_connection_nothing_was_sent(ask: Ask, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    address = f"{host}:{closed_port()}"
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://{address}/v1")
    with pytest.raises(Busy, match=f"^can't connect to {address}: ") as raised:
        ask()
    assert raised.value.wait is None


def test_a_server_that_speaks_no_tls_was_sent_nothing(
    server: FakeOpenAI, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url.replace("http:", "https:"))
    with pytest.raises(Busy, match=r"^can't connect to .*SSL"):
        ask()
    assert server.count == 0


# --- texts -----------------------------------------------------------------------------------------------------------


def said(error: ProviderError, server: FakeOpenAI) -> str:
    """Message and help, with the server's changing address named."""
    return f"{error.message}\nhelp: {error.help}".replace(server.origin.removeprefix("http://"), "HOST")


TEXTS = [
    (
        moderated("output", ("sexual", "violence")),
        (
            "HOST refused the request (moderation_blocked; stage: output; categories: sexual, violence)\n"
            "help: say it another way, or ask again with 'reroll'"
        ),
    ),
    (
        Error(400, "moderation_blocked", message="rejected. safety_violations=[self-harm]."),
        (
            "HOST refused the request (moderation_blocked; categories: self-harm)\n"
            "help: say it another way, or ask again with 'reroll'"
        ),
    ),
    (
        Error(404, "model_not_found"),
        (
            "HOST has no model 'gpt-image-2.5-flare' for this key: retired, mistyped or no access\n"
            "help: check the name against the models of the account; what was bought stays"
        ),
    ),
    (
        Error(403, None, message="Your organization must be verified to use the model."),
        (
            "HOST: HTTP 403: Your organization must be verified to use the model.\n"
            "help: verify the organization in the settings of the provider's console; that may take a while to apply"
        ),
    ),
    (
        Error(429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota."),
        (
            "no money left at HOST: HTTP 429 insufficient_quota: You exceeded your current quota.\n"
            "help: top up the account or raise its limit, then build again: what was bought stays"
        ),
    ),
    (
        Error(401, "invalid_api_key"),
        (
            "HOST doesn't accept the key in OPENAI_API_KEY (HTTP 401)\n"
            "help: set OPENAI_API_KEY to a key that is valid for this server, and check which addresses it may be used from"
        ),
    ),
    (
        Error(400, "invalid_value", message="Invalid size '1x1'.", param="size"),
        "HOST: HTTP 400 invalid_value, parameter 'size': Invalid size '1x1'.\nhelp: None",
    ),
    (
        Error(400, body={"detail": "bad\x1b[31m size\n"}),
        "HOST: HTTP 400: bad [31m size\nhelp: None",
    ),
    (
        gateway(504),
        (
            "HOST: HTTP 504: a web page\n"
            "help: it may have been billed: look into the provider's usage page before you ask again"
        ),
    ),
    (
        Raw(body=b'{"error": {"message": "it broke"}}'),
        (
            "the answer of HOST holds no list of pictures: it broke\n"
            "help: it may have been billed: look into the provider's usage page before you ask again"
        ),
    ),
    (
        Raw(body=b'{"data": [{"b64_json": "!!!!"}, {}]}'),
        (
            "the answer of HOST holds no picture: picture 1 is damaged base64; picture 2 has neither b64_json nor url\n"
            "help: it may have been billed: look into the provider's usage page before you ask again"
        ),
    ),
]


@pytest.mark.parametrize(("behaviour", "text"), TEXTS)
def test_whole_texts(server: FakeOpenAI, ask: Ask, behaviour: Behaviour, text: str) -> None:
    server.say(behaviour)
    with pytest.raises(ProviderError) as raised:
        ask()
    assert said(raised.value, server) == text


def test_a_long_text_is_cut(server: FakeOpenAI, ask: Ask) -> None:
    server.say(Error(400, "invalid_value", message="x" * 5000))
    with pytest.raises(Failed) as raised:
        ask()
    assert len(raised.value.message) < 500


# --- how long to wait ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "message", "seconds"),
    [
        ({"retry-after": "7"}, "", 7.0),
        ({"retry-after": "0"}, "", 0.0),
        ({"retry-after-ms": "250", "retry-after": "1"}, "", 0.25),
        ({"retry-after": "Sun, 22 Nov 2026 10:00:30 GMT", "date": "Sun, 22 Nov 2026 10:00:00 GMT"}, "", 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 09:00:00 GMT", "date": "Sun, 22 Nov 2026 10:00:00 GMT"}, "", 0.0),
        ({"retry-after": "soon"}, "", None),
        ({"retry-after": "-5"}, "", None),
        ({"retry-after": "nan"}, "", None),
        ({"retry-after": "inf"}, "", None),
        ({}, "Limit 5, Used 5. Please try again in 12s.", 12.0),
        ({}, "Please try again in 250ms.", 0.25),
        ({}, "", None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], message: str, seconds: float | None) -> None:
    assert wait_of(headers, message) == seconds


def test_busy_carries_the_wait(server: FakeOpenAI, ask: Ask) -> None:
    server.say(Error(429, "rate_limit_exceeded", "images", headers={"retry-after-ms": "1500"}))
    with pytest.raises(Busy) as raised:
        ask()
    assert raised.value.wait == 1.5


def test_the_fake_limits_pictures_a_minute(server: FakeOpenAI, ask: Ask) -> None:
    server.images_per_minute, server.minute = 4, 60.0
    ask(count=3)
    with pytest.raises(Busy) as raised:
        ask(count=2)
    assert 50 < (raised.value.wait or 0) <= 60
    ask(count=1)
    assert server.statuses == [200, 429, 200]


# --- the key ---------------------------------------------------------------------------------------------------------


ECHOES: dict[str, Behaviour] = {
    "400": Error(
        400, "invalid_value", message="the key sk-canary-7f3a91d2e5 is not for this", param="sk-canary-7f3a91d2e5"
    ),
    "401": Error(401, "invalid_api_key", message="Incorrect API key provided: sk-canary-7f3a91d2e5"),
    "403": Error(403, "sk-canary-7f3a91d2e5", message="sk-canary-7f3a91d2e5"),
    "429": Error(429, "insufficient_quota", message="sk-canary-7f3a91d2e5"),
    "503": Error(503, "x", "server_error", message="sk-canary-7f3a91d2e5"),
    "504": Error(504, body="sk-canary-7f3a91d2e5"),
    "moderation": moderated("sk-canary-7f3a91d2e5", ("sk-canary-7f3a91d2e5",)),
    "200": Raw(body=b'{"error": "sk-canary-7f3a91d2e5"}'),
    "reset": Cut("before"),
    "good": Paint(),
}


@pytest.mark.parametrize("behaviour", ECHOES.values(), ids=ECHOES.keys())
def test_the_key_is_told_nowhere(
    server: FakeOpenAI,
    ask: Ask,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    behaviour: Behaviour,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.say(behaviour)
    texts = []
    try:
        texts.append(repr(ask()))
    except ProviderError as error:
        texts += [repr(error), str(error), str(error.help), "".join(traceback.format_exception(error))]
        assert error.__context__ is None, "no exception that holds headers hangs on"
        assert error.__cause__ is None
    texts += [caplog.text, *capfd.readouterr()]
    assert server.requests[0].headers["authorization"] == "Bearer sk-canary-7f3a91d2e5"
    assert "openai._base_client" in caplog.text
    assert "canary" not in "".join(texts)
