"""The error table on the routes beside plain calls: right state, right exit code, right number of requests, right money."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from fakes.openai_responses import Stream, Turn, blocked
from fakes.openai_server import Behaviour, Cut, Error, FakeOpenAI, Raw, gateway, moderated
from fakes.talking import HEAD, PROVIDER, Ground, states

PLAIN = "version: 1\ndefaults: {model: gpt-image-2.5-flare, quality: low, size: 1024x640}\nproviders:\n openai:\n"
THREE = "  concurrency: 1\nassets: {a: thing 1, b: thing 2, c: thing 3}\n"
ROUTES = {
    "live turns": (HEAD + PROVIDER + "  background: false\n" + THREE, 0),
    "background": (HEAD + PROVIDER + THREE, 0),
    "streamed pictures": (PLAIN + THREE, 1),
    "streamed turns": (HEAD + PROVIDER + "  background: false\n" + THREE, 1),
    "background with looks": (HEAD + PROVIDER + THREE, 1),
}


@dataclass(frozen=True)
class Row:
    """One row of the table: what the server does to the second request, and what that means."""

    do: Behaviour
    state: str
    code: int
    again: bool = False
    """True: it is sent again by itself, in the same build, and then succeeds."""
    stops: bool = False
    """True: nothing more is sent to this provider."""
    lost: bool = False
    """True: perhaps billed; it stays reserved."""
    only: tuple[str, ...] = tuple(ROUTES)


TURNS = ("live turns", "background", "streamed turns", "background with looks")
AWAITED = ("live turns", "streamed pictures", "streamed turns")
DIFFERENT = ("live turns", "background", "streamed pictures")
"""Routes on which an answer of HTTP is read by code of its own."""
STREAMS = ("streamed pictures", "streamed turns")
SOON = {"retry-after-ms": "20"}
ROWS = {
    "moderation": Row(moderated(), "refused", 1),
    "old name": Row(Error(400, "content_policy_violation"), "refused", 1, only=DIFFERENT),
    "bad value": Row(Error(400, "invalid_value", param="size"), "failed", 1),
    "bad image": Row(Error(400, "invalid_image_file", "image_generation_user_error"), "failed", 1, only=DIFFERENT),
    "unknown field": Row(Error(400, "unknown_parameter"), "failed", 1, only=DIFFERENT),
    "bad key": Row(Error(401, "invalid_api_key"), "failed", 1, stops=True),
    "not verified": Row(Error(403, None, message="organization must be verified"), "failed", 1, stops=True),
    "country": Row(Error(403, "unsupported_country_region_territory"), "failed", 1, stops=True, only=DIFFERENT),
    "no model": Row(Error(404, "model_not_found"), "failed", 1, stops=True),
    "too large": Row(Error(413, body="<html>too large</html>"), "failed", 1),
    "rate": Row(Error(429, "rate_limit_exceeded", "images", headers=SOON), "fresh", 0, again=True),
    "slow down": Row(Error(429, "slow_down", "rate_limit_error", headers=SOON), "fresh", 0, again=True, only=DIFFERENT),
    "quota": Row(Error(429, "insufficient_quota", "insufficient_quota"), "failed", 1, stops=True),
    "limit of spending": Row(Error(429, "project_spend_limit_exceeded"), "failed", 1, stops=True, only=DIFFERENT),
    "server": Row(Error(500, "server_error", "server_error", headers=SOON), "fresh", 0, again=True),
    "overloaded": Row(
        Error(503, "server_is_overloaded", "service_unavailable_error", headers=SOON), "fresh", 0, again=True
    ),
    "gateway": Row(gateway(502), "unknown", 5, lost=True),
    "relay": Row(gateway(524), "unknown", 5, lost=True, only=DIFFERENT),
    "reset": Row(Cut("before"), "unknown", 5, lost=True),
    "cut": Row(Cut("during"), "unknown", 5, lost=True, only=(*AWAITED, "background")),
    "page": Row(Raw(body=b"<html>hello</html>", media_type="text/html"), "unknown", 5, lost=True),
    "blocked call": Row(Turn(failed=blocked()), "refused", 1, only=TURNS),
    "words": Row(Turn(words="no"), "failed", 1, only=TURNS),
    "incomplete": Row(Turn(status="incomplete", reason="max_output_tokens"), "failed", 1, only=TURNS),
    "failed by policy": Row(
        Turn(status="failed", error={"code": "image_content_policy_violation", "message": "no"}),
        "refused", 1, only=TURNS,
    ),
    "failed by rate": Row(
        Turn(status="failed", usage=False, error={"code": "rate_limit_exceeded", "message": "try again in 20ms"}),
        "fresh", 0, again=True, only=TURNS,
    ),
    "cancelled": Row(
        Turn(status="cancelled", usage=False), "unknown", 5, lost=True, only=("live turns", "background")
    ),
    "no completed event": Row(Stream(end="none"), "unknown", 5, lost=True, only=STREAMS),
    "error in a frame": Row(Stream(partials=1, end="error"), "unknown", 5, lost=True, only=STREAMS),
    "moderated in a frame": Row(Stream(partials=1, end="error", error=blocked()), "refused", 1, only=STREAMS),
    "stream ends early": Row(Stream(end="none"), "fresh", 0, only=("background with looks",)),
}  # fmt: skip
CASES = [(name, route) for name, row in ROWS.items() for route in row.only]


@pytest.mark.parametrize(("name", "route"), CASES, ids=[f"{name}: {route}" for name, route in CASES])
def test_every_row_on_every_route(server: FakeOpenAI, tmp_path: Path, name: str, route: str) -> None:
    row = ROWS[name]
    spec, partials = ROUTES[route]
    ground = Ground(tmp_path, spec)
    server.say(row.do, at=2)
    report = ground.build(partials=partials, jobs=1)
    assert report.exit_code == row.code, report.problems
    assert states(report) == ["fresh", row.state, "pay" if row.stops else "fresh"]
    assert server.count == (2 if row.stops else 4 if row.again else 3)
    assert (report.reserved > 0) is row.lost
    unpaid = row.lost or (row.state == "refused" and isinstance(row.do, Stream))  # a refused picture is not billed
    lost = sum((asked.cost for asked in server.requests if asked.number == 2), Decimal(0)) if unpaid else 0
    assert report.spent == server.cost - lost
    sent = server.count
    after = ground.build(partials=partials)
    if row.lost or row.state == "refused":
        assert (server.count, after.exit_code) == (sent, row.code), "never again without a person's yes"
    else:
        assert after.exit_code == 0
