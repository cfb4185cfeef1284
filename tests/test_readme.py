"""What README and docs say can be relied on: the commands, the texts that pixmake is said to print, the links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pixmake.cli.main import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md")),
]


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language in the README."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
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
