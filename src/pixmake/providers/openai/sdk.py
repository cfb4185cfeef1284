"""Providers room: the one door to the SDK. Behind it is the SDK as it is, but for types that are imported when they are used.

Where that does not go (another version, another way of installing it), and where the SDK was imported before, it is
imported as ever: only time and memory are lost.
"""

from __future__ import annotations

import sys
from typing import Any

from pixmake.providers.openai.lazily import LazyPackages

TYPES = LazyPackages("openai.types")


def _forget() -> None:
    """Whatever was half imported."""
    for name in [name for name in sys.modules if name == "openai" or name.startswith("openai.")]:
        del sys.modules[name]


def _import_sparingly() -> None:
    if "openai" in sys.modules:
        return
    sys.meta_path.insert(0, TYPES)
    try:
        import openai

        openai.AsyncOpenAI, openai.types, openai.APIStatusError  # noqa: B018 (asked for, so that it is there)
    except Exception:  # whatever it is: the plain import below tells it, if it is no fault of ours
        sys.meta_path.remove(TYPES)
        _forget()


_import_sparingly()

import openai as openai  # noqa: E402


def resource(client: Any, name: str) -> Any:
    """`client.images`, `client.responses` and so on. The SDK imports each with its first use."""
    try:
        return getattr(client, name)
    except ImportError:
        TYPES.give_up()
        return getattr(client, name)
