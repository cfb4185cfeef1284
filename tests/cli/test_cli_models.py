"""`models`: the table with the spec's own rows, and what the API says of a model's end."""

from __future__ import annotations

import json
from collections.abc import Iterator

import jsonschema
import pytest

from fakes.openai_server import FakeOpenAI
from fakes.shell import Shell
from pixmake.cli.formats import json_schema

SPEC = """\
version: 1
defaults: {model: gpt-image-2}
assets:
  a.png: a hen
  b.png: {prompt: a cow, model: house-1}
providers:
  openai:
    models:
      house-1: {like: gpt-image-2, price_per_image: 0.02, retired: 2027-05-01, sizes: [512x512]}
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        monkeypatch.setenv("OPENAI_API_KEY", fake.key)
        yield fake


def tell(server: FakeOpenAI, model: str, retired: str | None) -> None:
    body = {"id": model, "object": "model", "created": 1, "owned_by": "openai", "shutdown_date": retired}
    server.files[f"/v1/models/{model}"] = json.dumps(body).encode()


def test_the_table_needs_no_project(shell: Shell) -> None:
    (shell.root / "assets.yaml").unlink()
    said = shell.run("models", "gpt-image-2-2026-04-21")
    assert said.code == 0 and said.err == ""
    assert said.out == (
        "gpt-image-2-2026-04-21\n"
        "  provider           openai\n"
        "  released           2026-04-21\n"
        "  sizes              sides in steps of 16 up to 3840, at most 3:1, 655360 to 8294400 pixels\n"
        "  quality            low, medium, high, auto\n"
        "  background         opaque, auto, transparent\n"
        "  kind               raster\n"
        "  inputs             at most 16 pictures\n"
        "  batch              half price\n"
        "  USD per 1M tokens  text in 5, image in 8, image out 30\n"
        "  1024x1024 medium   $0.0527\n"
        "  source             sdk, docs, 2026-11-22\n"
    )


def test_rows_of_the_spec_stand_above_the_table(shell: Shell) -> None:
    shell.write(SPEC)
    body = shell.run("models", "--json").body
    jsonschema.validate(body, json_schema("models"))
    rows = {row["model"]: row for row in body["models"]}
    assert rows["house-1"]["sizes"] == {"listed": ["512x512"]}
    assert rows["house-1"]["price"] == {"low": "0.02", "high": "0.02"}
    assert rows["house-1"]["retired"] == "2027-05-01" and rows["house-1"]["source"] == "assets.yaml"
    assert rows["gpt-image-2"]["snapshot"] == "gpt-image-2-2026-04-21"
    assert {name: row["assets"] for name, row in rows.items() if row["assets"]} == {"gpt-image-2": 1, "house-1": 1}
    plan = shell.run("plan", "--json").body
    assert {entry["asset"]: entry["cost"]["high"] for entry in plan["entries"]}["b.png"] == "0.02"
    assert "model-retires" not in {item["code"] for item in plan["warnings"]}


def test_a_name_that_no_row_has(shell: Shell) -> None:
    said = shell.run("models", "gpt-image-3")
    assert said.code == 2
    assert said.err == "error[unknown-model]: no row has the model 'gpt-image-3'\nhelp: did you mean 'gpt-image-2'?\n"


def test_refresh_keeps_what_the_api_says(shell: Shell, server: FakeOpenAI) -> None:
    shell.write(SPEC)
    tell(server, "gpt-image-2", "2026-12-24")
    said = shell.run("models", "--refresh")
    assert said.code == 0
    assert said.err.splitlines()[:2] == [
        "gpt-image-2: ends on 2026-12-24",
        "house-1: this key sees no such model: retired, mistyped or no access",
    ]
    assert sorted(path for path, _ in server.fetched) == ["/v1/models/gpt-image-2", "/v1/models/house-1"]
    row = next(row for row in shell.run("models", "--json").body["models"] if row["model"] == "gpt-image-2")
    assert row["retired"] == "2026-12-24" and row["told"]["retired"] == "2026-12-24"
    warning = next(item for item in shell.run("plan", "--json").body["warnings"] if item["code"] == "model-retires")
    assert "will be retired on 2026-12-24" in warning["message"]


def test_an_end_that_was_taken_back_lets_buy_again(shell: Shell, server: FakeOpenAI) -> None:
    shell.write("version: 1\ndefaults: {model: gpt-image-1}\nassets: {a.png: a hen}\n")
    assert [item["code"] for item in shell.run("plan", "--json").body["problems"]] == ["retired-model"]
    tell(server, "gpt-image-1", None)
    assert shell.run("models", "--refresh").code == 0
    assert shell.run("plan", "--json").body["problems"] == []


def test_refresh_without_a_key_is_told(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    said = shell.run("models", "--refresh", "gpt-image-2")
    assert said.code == 1
    assert said.err == (
        "error[provider-not-ready]: 'openai': no API key: set OPENAI_API_KEY, or use --draft for free drafts\n"
    )


def test_a_damaged_record_of_last_days_is_as_none(shell: Shell) -> None:
    shell.write(SPEC)
    (shell.root / ".pixmake").mkdir(exist_ok=True)
    for text in ("", "[]", '{"format": "pixmake.last-days/1", "providers": {"openai": {"gpt-image-2": 1}}}'):
        (shell.root / ".pixmake/models.json").write_text(text)
        rows = {row["model"]: row for row in shell.run("models", "--json").body["models"]}
        assert rows["gpt-image-2"]["retired"] is None and rows["gpt-image-2"]["told"] is None
