"""What README and docs say can be relied on: the commands, the texts that pixmake is said to print, the links."""

from __future__ import annotations

import asyncio
import re
import sys
import threading
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

import pixmake
from fakes.counting import png
from pixmake.cli.main import main
from pixmake.providers.base import Call, ProviderError, Request
from pixmake.providers.catalog import open_provider

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md")),
]


def blocks(language: str, page: str = "README.md") -> list[str]:
    """The fenced blocks of one language in a page."""
    text = (ROOT / page).read_text("utf-8")
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [text for word, text in found if word == language]


def test_ci_runs_the_command_of_the_readme() -> None:
    commands = [line.strip() for line in README.splitlines() if line.startswith("    python3 -m venv")]
    assert len(commands) == 2
    last = (ROOT / ".ci/run").read_text("utf-8").splitlines()[-1]
    assert last == commands[1]
    assert last in (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def test_the_error_is_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/icon.j2").write_text("")
    Path("assets.yaml").write_text("version: 1\ndefaults: {template: icno.j2}\nassets:\n  icons/heart: a heart\n")
    assert main(["plan"]) == 2
    assert blocks("")[1].strip() == capsys.readouterr().err.strip()


def test_the_spec_in_the_readme_can_be_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIXMAKE_STORE", str(tmp_path / "store"))
    Path("assets.yaml").write_text(blocks("yaml")[0])
    Path("monsters.csv").write_text("id,look,place\nimp,a green imp,swamp\n")
    assert main(["list"]) == 0
    assert capsys.readouterr().out.split() == ["icons/heart.png", "monsters/imp", "hero.webp"]
    assert main(["plan"]) == 0


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#\s]+)\)", (ROOT / page).read_text("utf-8"))
    broken = [link for link in links if "://" not in link and not (ROOT / page).parent.joinpath(link).exists()]
    assert broken == []


def test_the_contact_sheet_is_small_enough_for_a_page() -> None:
    assert 50_000 < (ROOT / "docs/contact-sheet.png").stat().st_size < 600_000


# --- docs/providers.md -------------------------------------------------------------------------------------------------

HOUSE = "docs/providers.md"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The example's package, installed, and its server: `statuses` are what it answers first, `asked` what it got."""
    told = tomllib.loads(blocks("toml", HOUSE)[0])["project"]
    info = tmp_path / "site/pixmake_house-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {told['name']}\nVersion: {told['version']}\n")
    [(group, points)] = told["entry-points"].items()
    (info / "entry_points.txt").write_text(f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in points.items()))
    (tmp_path / "site/pixmake_house.py").write_text(blocks("python", HOUSE)[0])
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("HOUSE_KEY", "a-word")
    state = SimpleNamespace(statuses=[], asked=[])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state.asked.append(self.rfile.read(int(self.headers["content-length"])))
            status = state.statuses.pop(0) if state.statuses else 200
            self.send_response(status)
            self.end_headers()
            if status == 200:
                self.wfile.write(png(256, 256, b"house!"))

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}/paint"
    yield state
    server.shutdown()
    server.server_close()
    sys.modules.pop("pixmake_house", None)


def test_the_provider_of_the_docs_buys_once(house: SimpleNamespace, tmp_path: Path) -> None:
    spec = tmp_path / "assets.yaml"
    spec.write_text(blocks("yaml", HOUSE)[0].replace("http://127.0.0.1:9000/paint", house.url))
    house.statuses += [429]
    project = pixmake.load(spec, store=tmp_path / "store")
    report = project.build(project.plan(), max_cost=1.0)
    assert (int(report.exit_code), report.spent) == (0, Decimal("0.01"))
    assert len(house.asked) == 2  # one was told to wait
    assert (tmp_path / "assets/lamp.png").exists()
    again = pixmake.load(spec, store=tmp_path / "store")
    assert again.build(again.plan(), max_cost=1.0).spent == 0
    assert len(house.asked) == 2


@pytest.mark.parametrize(
    ("status", "ending"),
    [(451, "Refused"), (429, "Busy"), (400, "Failed"), (402, "Stopped"), (500, "Unknown"), (None, "Busy")],
)
def test_the_provider_of_the_docs_ends_as_the_table_says(
    house: SimpleNamespace, tmp_path: Path, status: int | None, ending: str
) -> None:
    house.statuses += [status] if status else []
    provider = open_provider("house", {"url": house.url if status else "http://127.0.0.1:9/"})
    request = Request(operation="generate", provider="house", model="brush-2", prompt="a lamp", size="256x256")
    call = Call(request=request, pictures=(), count=1, intent="i", scratch=tmp_path)
    with pytest.raises(ProviderError) as caught:
        asyncio.run(provider.make(call))
    assert type(caught.value).__name__ == ending
