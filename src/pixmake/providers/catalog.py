"""Providers room: a settings entry's type to the provider it names. Built in ones first, then entry points.

Third parties register a factory under the entry point group `pixmake.providers`: a callable that takes the
settings map and gives a Provider.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

from pixmake.providers.base import Provider

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

GROUP = "pixmake.providers"
Factory = Callable[[Mapping[str, object]], Provider]

BUILT_IN = {
    "openai": "pixmake.providers.openai.provider:OpenAIProvider",
    "azure-openai": "pixmake.providers.openai.provider:AzureProvider",
    "draft": "pixmake.providers.draft:DraftProvider",
}


def provider_types() -> list[str]:
    """Every type that `providers: {x: {type: …}}` may name here."""
    return sorted({*BUILT_IN, *(point.name for point in _registered())})


def open_provider(kind: str, settings: Mapping[str, object], extra: Mapping[str, Factory] | None = None) -> Provider:
    """The provider of type `kind`. No key, no network. Raises LookupError for a type nobody registered."""
    if extra and kind in extra:
        return extra[kind](settings)
    if kind in BUILT_IN:
        module, _, name = BUILT_IN[kind].partition(":")
        return cast(Provider, getattr(import_module(module), name)(settings))
    for point in _registered():
        if point.name == kind:
            return cast(Provider, point.load()(settings))
    raise LookupError(kind)


def _registered() -> EntryPoints:
    """What installed packages offer. Only where it is asked for: it comes with the parts of an e-mail library."""
    from importlib.metadata import entry_points

    return entry_points(group=GROUP)
