"""Secrets of the environment are in no text: by the look of their variable's name, or because a spec names it for a key."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.project import Ground
from pixmake.providers.base import Refused
from pixmake.secrecy import without_secrets

SPEC = """
version: 1
defaults: {model: m, provider: mine}
providers: {mine: {type: openai, base_url: "http://127.0.0.1:1/v1", api_key_env: FOO}}
assets: {x: a heart}
"""


def test_values_of_variables_with_secret_names_are_replaced_the_longest_first() -> None:
    environment = {"A_KEY": "12345678", "B_TOKEN": "1234567890", "HOME": "/home/12345678", "C_KEY": "short"}
    told = without_secrets("1234567890 and 12345678 and short", environment)
    assert told == "[B_TOKEN] and [A_KEY] and short"


def test_what_a_spec_names_for_a_key_is_secret_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOO", "canary-of-another-name")
    Ground(tmp_path, SPEC).project()
    assert without_secrets("failed for canary-of-another-name", {"FOO": "canary-of-another-name"}) == "failed for [FOO]"
    refused = Refused("the key canary-of-another-name is wrong", help="not canary-of-another-name")
    assert (str(refused), refused.message, refused.help) == (
        "the key [FOO] is wrong",
        "the key [FOO] is wrong",
        "not [FOO]",
    )
