"""The door to the SDK: its types are imported when they are used; where that can't be, it is imported as ever."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

COUNT = "len([name for name in sys.modules if name.startswith('openai.types')])"
LEAST_TYPES = 400
"""Modules below `openai.types` that `import openai` brings: fewer would make all of this needless."""
MOST_TYPES = 120


def told(code: str, *paths: Path) -> str:
    """What a Python of its own prints."""
    start = f"import sys; sys.path[:0] = {[str(path) for path in paths]!r}\n"
    done = subprocess.run([sys.executable, "-c", start + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_client_for_pictures_needs_few_of_the_types() -> None:
    lean = told(
        "from pixmake.providers.openai.client import Line\n"
        "from pixmake.providers.openai.sdk import openai, resource\n"
        f"resource(openai.AsyncOpenAI(api_key='x'), 'images').with_streaming_response; print({COUNT})"
    )
    plain = told(f"import openai; print({COUNT})")
    assert int(plain) > LEAST_TYPES
    assert int(lean) < MOST_TYPES


@pytest.mark.parametrize("name", ["images", "responses", "files", "batches", "models"])
def test_every_resource_comes_first_of_all_and_by_the_short_way(name: str) -> None:
    assert told(
        "from pixmake.providers.openai.sdk import TYPES, openai, resource\n"
        f"found = resource(openai.AsyncOpenAI(api_key='x'), {name!r})\n"
        "found.with_streaming_response; found.with_raw_response\n"
        "print(type(found).__name__, TYPES in sys.meta_path)"
    ) == (f"Async{name.capitalize()} True")


def test_the_packages_hold_what_they_hold_otherwise() -> None:
    names = (
        "from importlib import import_module\n"
        "for found in ('types', 'types.responses', 'types.shared_params', 'types.chat'):\n"
        "    package = import_module('openai.' + found)\n"
        "    public = [n for n in dir(package) if not n.startswith('_')]\n"
        "    own = {n: getattr(package, n) for n in public if not isinstance(getattr(package, n), type(sys))}\n"
        "    print(found, sorted((n, getattr(v, '__module__', ''), getattr(v, '__name__', '')) for n, v in own.items()))\n"
    )
    lean = told(
        "from pixmake.providers.openai.sdk import openai\n"
        "from openai.types import Batch, Image\n"
        "import openai.types.batch as batch\n"
        "assert openai.types.Batch is Batch is batch.Batch, 'one class, however it is reached'\n" + names
    )
    assert lean == told("import openai\n" + names)


def test_all_of_a_package_comes_where_all_is_asked_for() -> None:
    assert told(
        "from pixmake.providers.openai.sdk import openai\nfrom openai.types import *\nprint(Batch.__name__, Image.__name__)"
    ) == ("Batch Image")
    assert told(
        "from pixmake.providers.openai.sdk import openai\n"
        "try: openai.types.nothing_of_that_name\n"
        "except AttributeError as error: print(error)"
    ) == ("module 'openai.types' has no attribute 'nothing_of_that_name'")


def test_an_sdk_that_somebody_imported_before_stays_as_it_is() -> None:
    assert (
        told("import openai as first\nfrom pixmake.providers.openai.sdk import TYPES, openai\n"
             "print(openai is first, TYPES in sys.meta_path, type(openai.types).__name__)")
        == "True False module"
    )  # fmt: skip


def made(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


KNOT = {
    "openai/types/__init__.py": "from .first import First\nfrom .second import Second\n",
    "openai/types/first.py": "First = 1\nfrom . import second\n",
    "openai/types/second.py": "from .first import First\nSecond = First + 1\nfrom .third import Third\n",
    "openai/types/third.py": "import sys\nif 'openai.types.first' not in sys.modules: raise ImportError\nThird = 3\n",
}
"""Types of which one can only be imported after another one."""


def test_an_sdk_that_needs_all_of_its_types_at_once_is_imported_as_ever(tmp_path: Path) -> None:
    plain = (
        "from . import types\nfrom .types.third import Third\n"
        "class AsyncOpenAI: pass\nclass APIStatusError(Exception): pass\n"
    )
    folder = made(tmp_path, {"openai/__init__.py": plain, **KNOT})
    assert (
        told("from pixmake.providers.openai.sdk import TYPES, openai\nprint(openai.types.Second, TYPES in sys.meta_path)", folder)
        == "2 False"
    )  # fmt: skip


def test_a_resource_that_needs_all_of_the_types_at_once_gets_them(tmp_path: Path) -> None:
    client = (
        "from . import types\nclass APIStatusError(Exception): pass\n"
        "class AsyncOpenAI:\n    @property\n    def images(self):\n        from .types.third import Third\n        return Third\n"
    )
    folder = made(tmp_path, {"openai/__init__.py": client, **KNOT})
    assert (
        told("from pixmake.providers.openai.sdk import TYPES, openai, resource\n"
             "print(TYPES in sys.meta_path, resource(openai.AsyncOpenAI(), 'images'), TYPES in sys.meta_path)", folder)
        == "True 3 False"
    )  # fmt: skip


def test_an_sdk_that_is_broken_says_so_itself(tmp_path: Path) -> None:
    folder = made(tmp_path, {"openai/__init__.py": "raise RuntimeError('broken by its makers')"})
    with pytest.raises(AssertionError, match="RuntimeError: broken by its makers"):
        told("from pixmake.providers.openai.sdk import openai", folder)
