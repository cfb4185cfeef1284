"""Records and stores as the tests of the store room need them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from pixmake.digest import Digest, sha256_bytes
from pixmake.store.home import Store, open_store
from pixmake.store.records import Failure, Intent, Outcome, Pick, Result, Why

TIME = "2026-11-22T10:00:00Z"


def key(name: str) -> Digest:
    return sha256_bytes(f"key of {name}".encode())


def store_at(root: Path) -> Store:
    return open_store(root, project_root=root.parent, spec_store=None, env={})


def intent(
    name: str = "heart",
    number: int = 0,
    *,
    asset: str | None = None,
    profile: str | None = None,
    scope: str = "shop",
    step: int = 0,
    again: tuple[str, ...] = (),
    request: Mapping[str, object] | None = None,
    time: str = TIME,
) -> Intent:
    return Intent(
        intent=f"{name}-{number}",
        key=key(name),
        request=request or {"prompt": f"a {name}", "size": "1024x1024"},
        provider="openai",
        model="gpt-image-2",
        count=1,
        reserved=Decimal("0.053"),
        scope=scope,
        asset=asset or f"icons/{name}.png",
        step=step,
        time=time,
        pid=4711,
        profile=profile,
        again=again,
    )


def result(data: bytes, *, source: str = "api", scope: str = "shop") -> Result:
    return Result(
        digest=sha256_bytes(data),
        media_type="image/png",
        bytes=len(data),
        time=TIME,
        source=source,
        scope=scope,
        width=1024,
        height=1024,
        cost=Decimal("0.04"),
        usage={"output_tokens": 1056},
        request_id="req_1",
        model="gpt-image-2",
        revised_prompt="a heart, schön",
    )


def done(name: str = "heart", number: int = 0, *data: bytes, scope: str = "shop") -> Outcome:
    pictures = data or (f"{name} {number}".encode(),)
    return Outcome(
        intent=f"{name}-{number}",
        key=key(name),
        results=tuple(result(item, scope=scope) for item in pictures),
        cost=Decimal("0.04"),
    )


def failed(name: str, number: int, why: Why, moderation: str | None = None) -> Failure:
    return Failure(
        intent=f"{name}-{number}",
        key=key(name),
        why=why,
        message="your request was rejected",
        time=TIME,
        request_id="req_2",
        moderation=moderation,
    )


def pick(name: str, data: bytes, *, scope: str = "shop", asset: str | None = None, profile: str | None = None) -> Pick:
    return Pick(
        key=key(name),
        scope=scope,
        asset=asset or f"icons/{name}.png",
        digest=sha256_bytes(data),
        time=TIME,
        profile=profile,
    )


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below a folder with its time and content: equal trees mean that nothing was written."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


def names(folder: Path) -> list[str]:
    """What lies in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir())
