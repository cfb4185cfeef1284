"""Bench: the same project for other build tools: N small files, each made from a source file of its own.

Each is written as its own documentation would, and set to be quick and quiet. Whatever a tool keeps of its own comes
from a real first build, but for make (it has nothing), DVC (which is told to take note of files that are there) and
Snakemake (which would take an hour to make 10 000 files; without its records of how they were made it has less to see).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.dots import IN_FOLDER, place, write_sources
from bench.timing import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another build tool. `write` makes its file; `first` are the commands that build for the first time."""

    program: str
    write: Callable[[Path, int], None]
    idle: Sequence[str]
    first: Sequence[Sequence[str]] = ()
    makes: bool = True
    """Whether `first` makes the targets; else they lie there before it, and it only takes note of them."""
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def there(self) -> bool:
        """Whether it is installed."""
        return shutil.which(self.program) is not None

    def case(self, root: Path, count: int) -> Case:
        """A project of `count` targets in the new folder `root`, built; the case of running it with nothing to do."""
        write_sources(root / "src", count)
        self.write(root, count)
        if not (self.first and self.makes):
            _write_targets(root, count)
        for command in self.first:
            subprocess.run(command, cwd=root, env=os.environ | dict(self.env), check=True, capture_output=True)
        return Case(command=[shutil.which(self.program) or self.program, *self.idle], folder=root, env=self.env)


def _pairs(count: int) -> list[tuple[str, str]]:
    return [(f"src/{place(number)}.txt", f"assets/{place(number)}.png") for number in range(count)]


def _folders(root: Path, count: int) -> None:
    for number in range(0, count, IN_FOLDER):
        (root / f"assets/{place(number)}").parent.mkdir(parents=True)


def _write_targets(root: Path, count: int) -> None:
    _folders(root, count)
    for _, target in _pairs(count):
        (root / target).write_text("x")


def _ninja(root: Path, count: int) -> None:
    builds = "".join(f"build {target}: make {source}\n" for source, target in _pairs(count))
    (root / "build.ninja").write_text(f"rule make\n  command = printf x > $out\n{builds}")


def _make(root: Path, count: int) -> None:
    rules = "".join(f"{target}: {source}\n\t@printf x > $@\n" for source, target in _pairs(count))
    (root / "Makefile").write_text(f"all: {' '.join(target for _, target in _pairs(count))}\n{rules}")


LIST = """\
PAIRS = [
    (f"src/p{{number // {step}:04}}/icon{{number:06}}.txt", f"assets/p{{number // {step}:04}}/icon{{number:06}}.png")
    for number in range({count})
]
"""


def _list(count: int) -> str:
    return LIST.format(count=count, step=IN_FOLDER)


def _doit(root: Path, count: int) -> None:
    _folders(root, count)
    (root / "dodo.py").write_text(
        'DOIT_CONFIG = {"reporter": "zero", "verbosity": 0}\n' + _list(count) + "def make(target):\n"
        '    with open(target, "w") as stream:\n        stream.write("x")\n'
        "def task_make():\n    for source, target in PAIRS:\n"
        '        yield {"name": target, "file_dep": [source], "targets": [target], "actions": [(make, [target])]}\n'
    )


def _scons(root: Path, count: int) -> None:
    (root / "SConstruct").write_text(
        _list(count) + 'def make(target, source, env):\n    with open(str(target[0]), "w") as stream:\n'
        '        stream.write("x")\n'
        "env = Environment(tools=[])\nfor source, target in PAIRS:\n    env.Command(target, source, make)\n"
    )


def _snakemake(root: Path, count: int) -> None:
    (root / "Snakefile").write_text(
        _list(count) + "rule all:\n    input: [target for _, target in PAIRS]\n"
        'rule one:\n    input: "src/{folder}/{name}.txt"\n    output: "assets/{folder}/{name}.png"\n'
        '    shell: "printf x > {output}"\n'
    )


def _dvc(root: Path, count: int) -> None:
    names = "".join(f"      - {place(number)}\n" for number in range(count))
    (root / "dvc.yaml").write_text(
        f"stages:\n  make:\n    foreach:\n{names}    do:\n      cmd: printf x > assets/${{item}}.png\n"
        "      deps: ['src/${item}.txt']\n      outs: ['assets/${item}.png']\n"
    )


PEERS: Mapping[str, Peer] = {
    "ninja": Peer(program="ninja", write=_ninja, first=[["ninja"]], idle=[]),
    "make": Peer(program="make", write=_make, idle=["-r", "-s"]),
    "doit": Peer(program="doit", write=_doit, first=[["doit"]], idle=[]),
    "SCons": Peer(program="scons", write=_scons, first=[["scons", "-s"]], idle=["-s"]),
    "Snakemake": Peer(program="snakemake", write=_snakemake, idle=["--cores", "1", "--quiet", "all"]),
    "DVC": Peer(
        program="dvc",
        write=_dvc,
        first=[["dvc", "init", "--no-scm", "--quiet"], ["dvc", "commit", "--force", "--quiet"]],
        makes=False,
        idle=["repro", "--quiet"],
        env={"DVC_NO_ANALYTICS": "1"},
    ),
}
