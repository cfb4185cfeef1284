"""Bench: four ways to buy the same pictures from the same server, each in a process of its own, imports done before.

    python -m bench.buyers HOW PICTURES CONCURRENCY PORT      prints what it took, as JSON

The peers write each picture to a file and do no more: no journal, no flush to the disk, no look at what they got. `least`
keeps its pictures as pixmake does, and does nothing besides.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

MODEL = "gpt-image-2.5-flare"
Buy = Callable[[int], Awaitable[bytes]]


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak() -> float:
    """MB that this process had at most, since it was started."""
    try:
        words = Path("/proc/self/status").read_text().split()
        return int(words[words.index("VmHWM:") + 1]) / 1024
    except (OSError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _took(count: int, work: Callable[[], None]) -> dict[str, float]:
    before, peak, began = _spent(), _peak(), time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "cpu": (_spent() - before) / count, "peak": _peak(), "before": peak}


def pixmake(count: int, flight: int, folder: Path) -> dict[str, float]:
    """A build of as many assets, planned before."""
    import pixmake.providers.openai.client  # noqa: F401  (so that the import of the SDK is not measured)
    from pixmake.build.project import Project

    entries = "".join(f"  thing-{number}: thing number {number}\n" for number in range(count))
    (folder / "assets.yaml").write_text(
        f"version: 1\nproviders: {{openai: {{concurrency: {flight}}}}}\n"
        f"defaults: {{model: {MODEL}, quality: low, output: false}}\nassets:\n" + entries
    )
    project = Project(folder / "assets.yaml", store=folder / "store")
    plan = project.plan()

    def work() -> None:
        report = project.build(plan, yes=True)
        assert report.made == count, report.problems

    return _took(count, work)


def _loop(count: int, flight: int, folder: Path, buy: Buy, close: Callable[[], Awaitable[None]]) -> dict[str, float]:
    """A plain loop: so many tasks, of which so many are at it."""

    async def main() -> None:
        places = asyncio.Semaphore(flight)

        async def one(number: int) -> None:
            async with places:
                data = await buy(number)
                (folder / f"{number}.png").write_bytes(data)

        await asyncio.gather(*(one(number) for number in range(count)))
        await close()

    return _took(count, lambda: asyncio.run(main()))


def sdk(count: int, flight: int, folder: Path) -> dict[str, float]:
    """asyncio over the SDK, as its README has it."""
    import openai

    client = openai.AsyncOpenAI(max_retries=0)

    async def buy(number: int) -> bytes:
        answer = await client.images.generate(model=MODEL, prompt=f"thing number {number}", quality="low", n=1)
        assert answer.data is not None
        return base64.b64decode(answer.data[0].b64_json or "")

    return _loop(count, flight, folder, buy, client.close)


def bare(count: int, flight: int, folder: Path) -> dict[str, float]:
    """asyncio over a bare HTTP client."""
    import httpx2

    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=flight)
    client = httpx2.AsyncClient(base_url=os.environ["OPENAI_BASE_URL"], limits=limits, timeout=60)

    async def buy(number: int) -> bytes:
        body = {"model": MODEL, "prompt": f"thing number {number}", "quality": "low", "n": 1}
        answer = await client.post("/images/generations", json=body)
        return base64.b64decode(answer.json()["data"][0]["b64_json"])

    return _loop(count, flight, folder, buy, client.aclose)


def least(count: int, flight: int, folder: Path) -> dict[str, float]:
    """The duties alone, in a plain loop."""
    from urllib.parse import urlsplit

    from bench.least import buy

    port = urlsplit(os.environ["OPENAI_BASE_URL"]).port
    assert port is not None
    return _took(count, lambda: buy(count, flight, port, folder, MODEL))


BUYERS = {"pixmake": pixmake, "sdk": sdk, "httpx2": bare, "least": least}


def main() -> int:
    """One of them."""
    how, count, flight, port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    os.environ |= {"OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1", "OPENAI_API_KEY": "unused"}
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(BUYERS[how](count, flight, Path(folder))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
