"""Build room: what providers hold of ours: inputs that were uploaded for batches and conversations, and their removal."""

from __future__ import annotations

from collections.abc import Mapping

from pixmake.build.batching import UPLOADS
from pixmake.plan.pricing import batching
from pixmake.providers.base import Provider, ProviderError
from pixmake.store.home import Store


async def remove_uploads(store: Store, providers: Mapping[str, Provider]) -> tuple[list[str], list[str]]:
    """Deletes what this store remembers to have uploaded to these providers; names of it, and what was left and why."""
    removed: list[str] = []
    left: list[str] = []
    store.results.refresh()
    groups = {call.intent.group or "" for call in store.results.underway()}
    for name, item in providers.items():
        provider = batching(item)
        obstacle = provider.obstacle() if provider is not None else None
        if provider is None or obstacle is not None:
            left += [f"'{name}' can't be asked: {obstacle}"] if obstacle is not None else []
            continue
        try:
            if any(group.startswith(f"{provider.place()}-") for group in groups):
                left.append(f"batches at '{name}' are in flight and may still read them")
            else:
                removed += await provider.remove_uploads(store.root / UPLOADS)
        except ProviderError as error:
            left.append(error.message)
        finally:
            await provider.close()
    return removed, left
