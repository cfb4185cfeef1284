"""Build room: looks on the way to a picture: files below `.pixmake/` and an event each. They are nobody's result."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pixmake.build.purchase import Purchase
from pixmake.clock import Clock
from pixmake.events import Listener, PartialArrived
from pixmake.providers.base import Partial
from pixmake.store.shelf import STATE

FOLDER = "partials"


class Glimpses:
    """The looks of one build. Those of the build before go when the first comes."""

    def __init__(self, root: Path, listener: Listener, clock: Clock) -> None:
        self.root = root
        self.listener = listener
        self.clock = clock
        self.folder = root / STATE / FOLDER
        self._began = clock.monotonic()
        self._fresh = False

    def of(self, order: Purchase) -> Callable[[Partial], None]:
        """Where the looks of one call are told to. A disk that takes none of them stops nothing."""

        def tell(partial: Partial) -> None:
            with suppress(OSError):
                path = self._written(order, partial)
                self.listener(
                    PartialArrived(
                        asset=order.asset,
                        step=order.step,
                        number=partial.number,
                        total=order.partials,
                        path=path.relative_to(self.root).as_posix(),
                        at=self.clock.monotonic() - self._began,
                    )
                )

        return tell

    def _written(self, order: Purchase, partial: Partial) -> Path:
        if not self._fresh:
            import shutil

            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True, exist_ok=True)
            self._fresh = True
        suffix = partial.media_type.rpartition("/")[2].partition("+")[0]
        path = self.folder / f"{order.key[:24]}-{partial.number}.{suffix}"
        path.write_bytes(partial.data)
        return path
