"""CLI room: the report of our own bugs: versions and the traceback, never a value of the environment."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pixmake.secrecy import without_secrets

LIBRARIES = ("click", "diskcache", "filelock", "jinja2", "openai", "pillow", "pyyaml", "resvg-py", "rich")


def write_report(error: BaseException, words: Sequence[str], folder: str | None) -> Path | None:
    """Writes the report into the project's `.pixmake/`, else into the folder for temporary files; None if neither may."""
    text = report(error, words, os.environ)
    name = f"crash-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.txt"
    places = [Path(folder) / ".pixmake"] if folder else []
    for place in [*places, Path(tempfile.gettempdir())]:
        try:
            if place.is_symlink():
                continue  # it may lead anywhere
            place.mkdir(exist_ok=True)
            (place / name).write_text(text, "utf-8", "replace")
        except OSError:
            continue
        return place / name
    return None


def report(error: BaseException, words: Sequence[str], environment: Mapping[str, str]) -> str:
    """The report's text. Values of variables that look secret are taken out, wherever they turn up."""
    head = [
        f"pixmake {_version('pixmake')}",
        f"python {platform.python_version()} ({sys.implementation.name})",
        f"{platform.system()} {platform.release()} {platform.machine()}",
        ", ".join(f"{name} {_version(name)}" for name in LIBRARIES),
        f"command: pixmake {' '.join(words)}",
        "",
    ]
    return without_secrets("\n".join(head) + "\n" + "".join(traceback.format_exception(error)), environment)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
