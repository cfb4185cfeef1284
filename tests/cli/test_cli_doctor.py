"""`doctor`: what is set up, each trouble with its remedy, with and without a network."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from time import time

import jsonschema
import pytest

from fakes.openai_server import FakeOpenAI
from fakes.shell import Shell
from pixmake.cli.formats import json_schema

SPEC = "version: 1\ndefaults: {model: gpt-image-2}\nassets: {a.png: a hen}\n"
KEY = "sk-canary-1234567890abcdef"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOpenAI]:
    with FakeOpenAI(key=KEY) as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        monkeypatch.setenv("OPENAI_API_KEY", fake.key)
        body = {"id": "gpt-image-2", "object": "model", "created": 1, "owned_by": "openai"}
        fake.files["/v1/models/gpt-image-2"] = json.dumps(body).encode()
        yield fake


def checks(shell: Shell, *words: str, code: int = 0) -> dict[str, dict[str, str]]:
    said = shell.run("doctor", "--json", *words)
    assert said.code == code
    assert KEY not in said.out + said.err
    jsonschema.validate(said.body, json_schema("doctor"))
    return {item["name"]: item for item in said.body["checks"]}


def test_all_is_well(shell: Shell, server: FakeOpenAI) -> None:
    shell.write(SPEC)
    found = checks(shell)
    assert {item["state"] for item in found.values()} == {"ok"}
    assert found["openai"]["message"].endswith("takes the key and has 'gpt-image-2'")
    assert found["clock"]["state"] == "ok"
    assert [path for path, _ in server.fetched] == ["/v1/models/gpt-image-2"] and server.count == 0


def test_offline_asks_nobody(shell: Shell, server: FakeOpenAI) -> None:
    shell.write(SPEC)
    found = checks(shell, "--offline")
    assert found["openai"]["message"] == f"{server.origin[7:]}, key in OPENAI_API_KEY (26 characters)"
    assert server.fetched == []


def test_no_network_is_no_error(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.write(SPEC)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    found = checks(shell)
    assert found["openai"]["state"] == "warning"
    assert found["openai"]["message"].startswith("can't connect to 127.0.0.1:9")
    assert found["openai"]["help"] == "without a network everything but buying works; --draft makes free drafts"


def test_no_key_and_no_project(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    (shell.root / "assets.yaml").unlink()
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    found = checks(shell, code=1)
    assert (found["spec"]["state"], found["spec"]["help"]) == ("warning", "`pixmake init` writes one")
    assert found["openai"]["message"] == "no API key: set OPENAI_API_KEY, or use --draft for free drafts"
    assert found["codecs"]["state"] == "ok"


def test_a_key_of_no_sane_shape(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.write(SPEC)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "my-password")
    found = checks(shell, "--offline")["openai"]
    assert found["state"] == "warning"
    assert found["message"] == "api.openai.com, key in OPENAI_API_KEY (11 characters) does not look like one"


def test_a_model_that_the_key_does_not_see(shell: Shell, server: FakeOpenAI) -> None:
    shell.write(SPEC)
    server.files.clear()
    found = checks(shell, code=1)["openai"]
    assert found["state"] == "error" and "404" in found["message"]


def test_a_clock_that_is_behind(shell: Shell, server: FakeOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.write(SPEC)
    late = formatdate(time() + 3600, usegmt=True)
    monkeypatch.setattr(BaseHTTPRequestHandler, "date_time_string", lambda self, timestamp=None: late)
    found = checks(shell)["clock"]
    assert found["state"] == "warning"
    assert found["message"] == f"this machine's clock is 60 minutes behind {server.origin[7:]}'s"


def test_originals_without_a_second_copy_and_a_lock_that_would_conflict(shell: Shell) -> None:
    assert shell.run("build", "--yes").code == 0
    subprocess.run(["git", "init", "-q"], cwd=shell.root, check=True)
    found = checks(shell)
    assert found["copies"]["message"] == "2 originals on this one disk only: what is lost can't be made again"
    assert found["git"]["help"] == "add the line 'assets.lock merge=union' to .gitattributes"
    (shell.root / ".gitattributes").write_text("assets.lock merge=union\n")
    assert checks(shell)["git"]["state"] == "ok"


def test_a_broken_spec_and_a_store_that_can_t_be_written(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.write("version: 1\nassetz: {}\n")
    (shell.folder / "file").write_text("x")
    monkeypatch.setenv("PIXMAKE_STORE", str(shell.folder / "file" / "store"))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    found = checks(shell, "--offline", code=1)
    assert found["spec"]["message"] == "assets.yaml: 1 problem, the first: unknown key 'assetz'"
    assert found["store"]["state"] == "error"
    assert found["store"]["message"].endswith("can't be written to")
