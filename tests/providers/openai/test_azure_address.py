"""Where an Azure resource is, with which key, and what stands in the way before anything is sent."""

from __future__ import annotations

import pytest

from pixmake.providers.catalog import open_provider
from pixmake.providers.openai.address import azure_address_of

CANARY = "canary-0123456789abcdef"
HOME = "https://art.openai.azure.com"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "AZURE_OPENAI_API_KEY",
        "AZURE_OPENAI_ENDPOINT",
        "ART_KEY",
        "ART",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("written", [HOME, f"{HOME}/", f"{HOME}/openai", f"{HOME}/openai/v1/"])
def test_an_endpoint_may_be_written_as_any_portal_shows_it(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", written)
    assert azure_address_of({}).url == f"{HOME}/openai/v1"
    assert azure_address_of({"api_version": "2025-04-01-preview"}).url == HOME


OBSTACLES: list[tuple[dict[str, object], dict[str, str], str | None]] = [
    ({}, {"AZURE_OPENAI_ENDPOINT": HOME, "AZURE_OPENAI_API_KEY": CANARY}, None),
    ({"endpoint_env": "ART", "api_key_env": "ART_KEY"}, {"ART": HOME, "ART_KEY": CANARY}, None),
    ({}, {}, "no address: set AZURE_OPENAI_ENDPOINT to the address of the server, like https://NAME.openai.azure.com"),
    (
        {"endpoint_env": "ART"},
        {"ART": "art.openai.azure.com"},
        "ART is no address of a server: write one like https://NAME.openai.azure.com",
    ),
    (
        {},
        {"AZURE_OPENAI_ENDPOINT": HOME, "OPENAI_API_KEY": CANARY},
        "no API key: set AZURE_OPENAI_API_KEY, or use --draft for free drafts",
    ),
    (
        {"base_url": HOME},
        {"AZURE_OPENAI_API_KEY": CANARY},
        "no API key: name the variable that holds it with 'api_key_env', or use --draft for free drafts",
    ),
]


@pytest.mark.parametrize(("settings", "env", "text"), OBSTACLES)
def test_obstacles(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, object], env: dict[str, str], text: str | None
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    provider = open_provider("azure-openai", settings)
    assert provider.obstacle() == text
    assert "canary" not in repr(vars(provider)) + repr(azure_address_of(settings))


def test_the_models_end_by_azures_own_days() -> None:
    provider = open_provider("azure-openai", {"models": {"gpt-image-1-mini": {"retired": "2030-01-01"}}})
    assert provider.limits("gpt-image-1.5").retired == "2026-12-16"
    assert provider.limits("gpt-image-2").retired == "2027-10-21"
    assert provider.limits("gpt-image-1-mini").retired == "2030-01-01"
    assert provider.limits("gpt-image-1").retired is None, "nobody has said when"
