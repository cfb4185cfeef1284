"""A small, sound request to OpenAI's Images API, for tests that change one thing of it."""

from __future__ import annotations

from pixmake.providers.base import Request


def request(*, edit: bool = False, **fields: object) -> Request:
    """A small, sound request, with `fields` in place of its own."""
    said: dict[str, object] = {
        "operation": "edit" if edit else "generate",
        "provider": "openai",
        "model": "gpt-image-2.5-flare",
        "prompt": "a red fox",
        "size": "1024x640",
        "quality": "low",
        **fields,
    }
    return Request(**said)  # type: ignore[arg-type]
