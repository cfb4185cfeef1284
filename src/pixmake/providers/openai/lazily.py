"""Providers room: packages that are filled when a name in them is asked for. What they hold is what it would be otherwise.

The SDK's `types` are some 470 modules, most of its time and memory; a build needs a dozen. A package of that kind is an
empty one that knows, by reading its `__init__`, which module each name comes from. Whatever can't be told by reading is
left to Python: then the `__init__` is run.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import cast


class LazyPackage(ModuleType):
    """A package whose `__init__` was not run yet."""

    def __getattr__(self, name: str) -> object:
        spec = self.__dict__["__spec__"]
        if name.startswith("__"):
            if name == "__all__":  # `import *` is about to look at all of it
                fill(self)
            raise AttributeError(f"module '{spec.name}' has no attribute '{name}'")
        names = self.__dict__.get("_names_")
        if names is None:
            names = self.__dict__["_names_"] = _names_of(spec)
        if name in names:
            module, own = names[name]
            found: object = getattr(import_module(module), own)
            setattr(self, name, found)
            return found
        return _of_submodule(spec.name, name) or _of_whole(self, name)

    def __dir__(self) -> Iterable[str]:
        fill(self)
        return sorted(self.__dict__)


def fill(package: ModuleType) -> None:
    """Runs a package's own `__init__`, where that has not happened yet. Once it is run it is like any other."""
    if isinstance(package, LazyPackage):
        package.__class__ = ModuleType  # type: ignore[assignment]  # from now on it is an ordinary one
        spec = package.__spec__
        assert spec is not None
        cast(_Postponed, spec.loader).inner.exec_module(package)


def _names_of(spec: ModuleSpec) -> Mapping[str, tuple[str, str]]:
    """Module and name behind each name that an `__init__` takes from a module beside it."""
    inner = cast(_Postponed, spec.loader).inner
    tree = ast.parse(inner.get_data(str(spec.origin)))
    taken = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module]
    return {
        item.asname or item.name: (f"{spec.name}.{node.module}", item.name) for node in taken for item in node.names
    }


def _of_submodule(package: str, name: str) -> ModuleType | None:
    full = f"{package}.{name}"
    try:
        return import_module(full)
    except ModuleNotFoundError as missing:
        if missing.name != full:
            raise
        return None


def _of_whole(package: LazyPackage, name: str) -> object:
    fill(package)
    return getattr(package, name)


class _Postponed(Loader):
    """Makes a package without running it."""

    def __init__(self, inner: SourceFileLoader) -> None:
        self.inner = inner

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return LazyPackage(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: see LazyPackage."""


class LazyPackages(MetaPathFinder):
    """Finds one package and those below it; modules are imported as ever. To be put before the finders of `sys.meta_path`."""

    def __init__(self, root: str) -> None:
        self.root = root

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.root and not fullname.startswith(f"{self.root}."):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.submodule_search_locations and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Postponed(spec.loader)
        return spec

    def give_up(self) -> None:
        """Fills what was made so far, and leaves the rest to Python."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        for name in [name for name in sys.modules if name == self.root or name.startswith(f"{self.root}.")]:
            fill(sys.modules[name])
