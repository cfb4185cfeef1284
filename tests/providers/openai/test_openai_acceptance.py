"""Money over real HTTP: what is sent is what was planned, every ending at every place is what the contract says it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from fakes.openai_server import Behaviour, Cut, Error, FakeOpenAI, Paint, Raw, gateway, moderated
from pixmake.build.costs import account, charges
from pixmake.build.intent import Intent
from pixmake.build.project import Project
from pixmake.build.report import BuildReport

SIXTY = """
version: 1
vars: {style: flat vector}
defaults: {model: gpt-image-2.5-flare, quality: low, template: "{{ prompt }}, {{ style }}"}
assets:
  "icons/{{ thing }}-{{ tone }}.png":
    matrix: {thing: [heart, key, potion, coin, gem, torch, scroll, shield], tone: [gold, iron, jade, ruby, plain]}
    prompt: "a {{ tone }} {{ thing }}"
    size: 64x64
  "cast/{{ row.id }}": {rows: cast.csv, prompt: "{{ row.look }}", size: 256x256}
  "cast/{{ row.id }}-poses": {rows: cast.csv, from: "@cast/{{ row.id }}", prompt: poses, size: 256x256}
  hero:
    prompt: a castle
    size: 512x320
    variants: 2
    pick: 1
    edits:
      - at night
      - {prompt: add a dragon, mask: {rect: [0.5, 0, 0.5, 0.5]}}
  banner: {prompt: a banner, size: 640x64, references: [{path: style.png, role: palette}]}
  thumb: {from: "@hero", size: 96x96}
"""
CAST = "id,look\n" + "".join(f"c{number},creature number {number}\n" for number in range(7))


def project(root: Path, spec: str) -> Project:
    root.mkdir(parents=True, exist_ok=True)
    (root / "assets.yaml").write_text(spec, "utf-8")
    (root / "cast.csv").write_text(CAST)
    if not (root / "style.png").exists():
        Image.new("RGB", (64, 64), "orange").save(root / "style.png")
    return Project(root / "assets.yaml", store=root.parent / "store")


def build(root: Path, spec: str, *, repeat: bool = False) -> BuildReport:
    opened = project(root, spec)
    opened.recover()
    return opened.build(opened.plan(repeat_unknown=repeat), yes=True)


def test_sixty_assets_send_the_plans_requests_and_cost_what_it_said(server: FakeOpenAI, tmp_path: Path) -> None:
    root = tmp_path / "p"
    plan = project(root, SIXTY).plan()
    report = build(root, SIXTY)
    assert report.exit_code == 0, report.problems
    assert server.count == plan.totals.requests
    assert server.painted == plan.totals.images
    assert set(server.statuses) == {200}
    assert report.spent == server.cost
    assert plan.totals.cost.low * Decimal("0.99") <= server.cost <= plan.totals.cost.high
    sent = server.count
    for change in (
        SIXTY,
        "# reformatted\n" + SIXTY.replace("{style: flat vector}", "\n  style:   flat vector"),
        SIXTY.replace("  hero:\n", "  heroine:\n").replace('"@hero"', '"@heroine"'),
        SIXTY.replace("size: 96x96", "size: 48x48"),
    ):
        assert build(root, change).exit_code == 0
        assert server.count == sent
    shutil.rmtree(root / "assets")
    shutil.rmtree(root / ".pixmake")
    assert build(root, SIXTY.replace("  hero:\n", "  heroine:\n").replace('"@hero"', '"@heroine"')).exit_code == 0
    assert server.count == sent


@dataclass(frozen=True)
class Row:
    """One row of the error table: what the server does, and what it means for asset, exit code, requests and money."""

    do: Behaviour
    state: str
    code: int
    again: bool = False
    """True: it is sent again by itself, in the same build, and then succeeds."""
    stops: bool = False
    """True: nothing more is sent to this provider."""
    billed: bool = False
    """True: the provider may have billed it; it stays reserved."""


ROWS = {
    "moderation": Row(moderated(), "refused", 1),
    "bad value": Row(Error(400, "invalid_value"), "failed", 1),
    "bad key": Row(Error(401, "invalid_api_key"), "failed", 1, stops=True),
    "not verified": Row(Error(403, None, message="organization must be verified"), "failed", 1, stops=True),
    "no such model": Row(Error(404, "model_not_found"), "failed", 1, stops=True),
    "rate": Row(
        Error(429, "rate_limit_exceeded", "requests", headers={"retry-after-ms": "20"}), "fresh", 0, again=True
    ),
    "quota": Row(Error(429, "insufficient_quota", "insufficient_quota"), "failed", 1, stops=True),
    "server error": Row(
        Error(500, "server_error", "server_error", headers={"retry-after-ms": "20"}), "fresh", 0, again=True
    ),
    "overloaded": Row(
        Error(503, "server_is_overloaded", "service_unavailable_error", headers={"retry-after-ms": "20"}),
        "fresh",
        0,
        again=True,
    ),
    "gateway": Row(gateway(502), "unknown", 5, billed=True),
    "relay cut": Row(gateway(524), "unknown", 5, billed=True),
    "reset after sending": Row(Cut("before"), "unknown", 5, billed=True),
    "reset in the answer": Row(Cut("during"), "unknown", 5, billed=True),
    "truncated JSON": Row(Cut("json"), "unknown", 5, billed=True),
    "a page with 200": Row(Raw(body=b"<html>hello</html>", media_type="text/html"), "unknown", 5, billed=True),
    "an empty list": Row(Raw(body=b'{"created": 1, "data": []}'), "unknown", 5, billed=True),
    "another size": Row(Paint(size=(512, 512)), "fresh", 0),
    "another format": Row(Paint(format="webp"), "fresh", 0),
}
FIVE = """
version: 1
defaults: {model: gpt-image-2.5-flare, quality: low, size: 64x64}
providers: {openai: {concurrency: 1}}
assets: {a1: thing 1, a2: thing 2, a3: thing 3, a4: thing 4, a5: thing 5}
"""


@pytest.mark.parametrize("place", [1, 3, 5])
@pytest.mark.parametrize("name", sorted(ROWS))
def test_every_row_at_every_place(server: FakeOpenAI, tmp_path: Path, name: str, place: int) -> None:
    row = ROWS[name]
    server.say(row.do, at=place)
    root = tmp_path / "p"
    report = build(root, FIVE)
    states = [entry.state for entry in report.entries]
    assert report.exit_code == row.code, report.problems
    expected = ["fresh"] * 5
    expected[place - 1] = row.state
    if row.stops:
        expected[place:] = ["pay"] * (5 - place)
    assert states == expected
    assert server.count == (place if row.stops else 6 if row.again else 5)
    one = server.cost / max(1, server.painted)
    paid = 5 if row.state == "fresh" else place - 1 if row.stops else 4
    assert report.spent == paid * one
    assert (report.reserved > 0) is row.billed
    before = server.count
    after = build(root, FIVE)
    if row.billed or row.state == "refused":
        assert (server.count, after.exit_code) == (before, row.code), "never again without a person's yes"
    elif row.state != "fresh":
        assert after.exit_code == 0
    if row.billed:
        assert build(root, FIVE, repeat=True).exit_code == 0
        assert server.count == before + 1


BUILDER = """
import sys
from pixmake.build.project import Project
project = Project({root!r} + "/assets.yaml", store={store!r})
project.recover()
sys.exit(int(project.build(project.plan(), yes=True).exit_code))
"""


def test_two_builds_at_once_send_each_request_once(server: FakeOpenAI, tmp_path: Path) -> None:
    requests = 0
    running = []
    for name in ("one", "two"):
        requests = project(tmp_path / name, SIXTY).plan().totals.requests
        script = BUILDER.format(root=str(tmp_path / name), store=str(tmp_path / "store"))
        running.append(subprocess.Popen([sys.executable, "-c", script], env=dict(os.environ)))
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    assert server.count == requests


def test_what_one_project_adopts_another_does_not_see(server: FakeOpenAI, tmp_path: Path) -> None:
    build(tmp_path / "one", FIVE)
    mine = tmp_path / "mine.png"
    Image.new("RGB", (1024, 1024), "purple").save(mine)
    Intent(project(tmp_path / "one", FIVE)).adopt("a1", mine)
    build(tmp_path / "one", FIVE)
    build(tmp_path / "two", FIVE)
    assert server.count == 5
    one, two = ((tmp_path / name / "assets/a1.png").read_bytes() for name in ("one", "two"))
    assert one != two


def test_the_ledger_is_the_servers_bill(server: FakeOpenAI, tmp_path: Path) -> None:
    root = tmp_path / "p"
    server.say(gateway(502), at=2)
    build(root, FIVE)
    told = account("all", charges(project(root, FIVE).store))
    one = server.cost / server.painted
    assert (told.calls, told.pictures, told.spent) == (5, 4, 4 * one)
    assert told.held >= one


def test_no_key_leaves_the_process(server: FakeOpenAI, tmp_path: Path) -> None:
    """The canary is in no file, no report and no error, whatever the server says."""
    key = os.environ["OPENAI_API_KEY"]
    server.say(Error(401, "invalid_api_key", message=f"Incorrect API key provided: {key}"), at=3)
    report = build(tmp_path / "p", FIVE)
    assert key not in repr(report.problems) + repr(report.to_json())
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert key.encode() not in path.read_bytes(), path
