"""A build that reads only the changed entries of a spec does what one does that reads all of it, and leaves the same behind."""

from __future__ import annotations

import json
import random
import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from fakes.shell import HEAD, Shell
from laws.running import LONG
from pixmake import __version__, load
from pixmake.build.narrowing import settled_of
from pixmake.build.project import Project
from pixmake.cli.quick import standing
from pixmake.cli.session import Session
from pixmake.diagnostics import Problem
from pixmake.store.memo import look
from pixmake.store.settled import Settled
from pixmake.store.settled import load as load_settled
from pixmake.store.snapshot import KEPT, Snapshot, decoded

SPEC = (
    HEAD
    + """\
presets: {big: {size: 2048x2048}}
assets:
  a.png: a hen
  b.png:
    prompt: "a duck, {{ asset.name }}"
    size: 512x512
    outputs: [{path: "birds/duck.png"}, {path: "birds/duck.webp"}]
  # a comment of c
  c.png: |
    a goose
    on a lake
  d.png: {prompt: a swan, provider: draft}
  e.png:
    from: { asset: a.png }
    prompt: the same at night
  f/g.png: an owl

budget: {per_build: 100}
"""
)


class Eye:
    """Sees how each build looked at the spec: `part`, `whole`, or `widened`, a part that was found too small."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[str] = []
        narrow, widen = Session.narrow, Project.widen

        def narrows(session: Session) -> bool:
            self.seen.append("part" if narrow(session) else "whole")
            return self.seen[-1] == "part"

        def widens(project: Project) -> None:
            self.seen[-1] = "widened"
            widen(project)

        monkeypatch.setattr(Session, "narrow", narrows)
        monkeypatch.setattr(Project, "widen", widens)


@pytest.fixture
def eye(monkeypatch: pytest.MonkeyPatch) -> Eye:
    return Eye(monkeypatch)


@pytest.fixture
def farm(shell: Shell, eye: Eye) -> Shell:
    shell.write(SPEC)
    settle(shell)
    return shell


def settle(shell: Shell) -> None:
    """Builds until there is nothing to do and the answer of that is there; of a young spec the first can't be sure."""
    time.sleep(0.06)
    for _ in range(3):
        if shell.run("build").code == 0 and (shell.root / ".pixmake/snapshot").exists():
            return
    raise AssertionError(shell.run("build").err)


def calls(shell: Shell) -> int:
    return len(shell.log.read_text().splitlines()) if shell.log.exists() else 0


def files(shell: Shell) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(shell.root.rglob("*.*")) if path.is_file()}


def kept(shell: Shell) -> tuple[Snapshot, Settled | None]:
    snapshot = decoded((shell.root / ".pixmake/snapshot").read_bytes())
    return snapshot, load_settled(shell.root / ".pixmake/settled", __version__)


def same_as_whole(shell: Shell) -> None:
    """What a build left is what the whole spec asks for, and is remembered as a whole build remembers it."""
    before, count = files(shell), calls(shell)
    snapshot, settled = kept(shell)
    for name in ("snapshot", "settled"):
        (shell.root / ".pixmake" / name).unlink(missing_ok=True)
    said = shell.run("build")
    assert (said.code, said.err, calls(shell)) == (0, "nothing to do\n", count)
    assert {name: data for name, data in files(shell).items() if ".pixmake" not in name} == {
        name: data for name, data in before.items() if ".pixmake" not in name
    }
    other_snapshot, other_settled = kept(shell)
    assert snapshot == other_snapshot
    if settled is None or other_settled is None:
        assert settled is other_settled, "with orphans there is none"
        return
    assert sorted(settled.rows.split(b"\n")) == sorted(other_settled.rows.split(b"\n"))
    assert set(other_settled.used.split(b"\0")) <= set(settled.used.split(b"\0"))
    for name in ("spec", "place", "models", "count", "fresh", "drafts", "text"):
        assert getattr(settled, name) == getattr(other_settled, name), name


def build_as_planned(shell: Shell, *words: str) -> None:
    """Builds, and holds what was sent and paid against the plan of the whole spec."""
    plan, count = load(shell.root / "assets.yaml").plan(), calls(shell)
    time.sleep(0.06)
    said = shell.run("build", *words)
    assert said.code == 0, said.err
    paid = [entry for entry in plan.entries if entry.state in ("pay", "waits")]
    assert calls(shell) - count == sum(entry.verdict.requests for entry in paid)


EDITS = {
    "a prompt": ("f/g.png: an owl", "f/g.png: two owls", "part"),
    "a prompt in several lines": ("on a lake", "on a pond\n    at dawn", "part"),
    "a size": ("size: 512x512", "size: 768x512", "part"),
    "a preset": ("    size: 512x512", "    use: big", "part"),
    "outputs": ('[{path: "birds/duck.png"}, ', "[", "part"),
    "a new output": ("f/g.png: an owl", "f/g.png: {prompt: an owl, outputs: [f/g.png, f/h.webp]}", "part"),
    "a draft": ("a swan, provider", "two swans, provider", "part"),
    "another provider": (", provider: draft", "", "part"),
    "an entry more": ("  d.png:", "  dd.png: a rook\n  d.png:", "part"),
    "an entry more at the end": ("an owl\n", "an owl\n  h.png: a crow\n", "part"),
    "two entries": ("a swan, provider: draft}", "a crane, provider: draft}\n  dd.png: a rook", "part"),
    "a comment": ("# a comment of c", "# another comment of c", "part"),
    "nothing": ("a hen", "a hen", "part"),
    "an asset that is used": ("a.png: a hen", "a.png: two hens", "whole"),
    "an asset that is used, and another": (
        'a.png: a hen\n  b.png:\n    prompt: "a duck',
        'a.png: two hens\n  b.png:\n    prompt: "two ducks',
        "whole",
    ),
    "a user": ("the same at night", "the same at dawn", "whole"),
    "a new user": ("f/g.png: an owl", "f/g.png: {from: {asset: a.png}, prompt: bigger}", "whole"),
    "a file as input": ("f/g.png: an owl", "f/g.png: {from: {path: own.png}, prompt: bigger}", "whole"),
    "a file as input, and something new": (
        "f/g.png: an owl",
        "f/g.png: {from: {path: own.png}, prompt: bigger}\n  h.png: a crow",
        "whole",
    ),
    "an entry less": ("  f/g.png: an owl\n", "", "whole"),
    "another name": ("f/g.png", "f/gg.png", "whole"),
    "a family": (
        "f/g.png: an owl",
        "'{{ row.name }}.png': {rows: [{name: f/g}, {name: f/h}], prompt: an owl}",
        "whole",
    ),
    "an old request for another": ("an owl", "a hen", "part"),
    "more of what another has": ("an owl", "{prompt: a hen, variants: 2}", "widened"),
    "more of what another has, and something new": (
        "an owl",
        "{prompt: a hen, variants: 2}\n  h.png: a crow",
        "widened",
    ),
    "the head": ("big: {", "huge: {", "whole"),
    "the tail": ("per_build: 100", "per_build: 90", "whole"),
    "the tail and an entry": ("an owl\n\nbudget: {per_build: 100}", "a crow\n\nbudget: {per_build: 90}", "whole"),
    "a new key in the tail": ("an owl\n", "an owl\nproject: farm\n", "whole"),
    "another model": ("f/g.png: an owl", "f/g.png: {prompt: an owl, model: ink-2}", "whole"),
    "frozen": ("f/g.png: an owl", "f/g.png: {prompt: an owl, frozen: true}", "part"),
}


@pytest.mark.parametrize("what", EDITS)
def test_an_edit(farm: Shell, eye: Eye, what: str) -> None:
    old, new, look = EDITS[what]
    farm.picture("own.png")
    farm.edit(old, new)
    build_as_planned(farm)
    assert eye.seen[-1] == look
    settle(farm)
    same_as_whole(farm)


WRONG = {
    "a name twice": ("f/g.png: an owl", "a.png: an owl"),
    "a name in other letters": ("f/g.png: an owl", "f/g.png: an owl\n  A.PNG: an ape"),
    "a name twice that nobody uses": ("f/g.png: an owl", "f/g.png: an owl\n  c.png: an ape"),
    "the same in other letters": ("f/g.png: an owl", "f/g.png: an owl\n  C.PNG: an ape"),
    "an output twice": ("f/g.png: an owl", "f/g.png: {prompt: an owl, outputs: [a.png]}"),
    "an output twice beside another": ("f/g.png: an owl", "f/g.png: {prompt: an owl, outputs: [f/g.png, a.png]}"),
    "an output over the spec": ("f/g.png: an owl", "f/g.png: {prompt: an owl, outputs: [../assets.yaml]}"),
    "a field that is none": ("f/g.png: an owl", "f/g.png: {promt: an owl}"),
    "no YAML": ("f/g.png: an owl", "f/g.png: {prompt: an owl"),
    "a template that is broken": ("f/g.png: an owl", "f/g.png: an {{ owl"),
    "an asset that is not there": ("f/g.png: an owl", "f/g.png: {from: {asset: z.png}, prompt: an owl}"),
    "an anchor of another entry": ("f/g.png: an owl", "f/g.png: *owl"),
    "an entry of nothing": ("f/g.png: an owl", "f/g.png:"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_told_as_ever(farm: Shell, what: str) -> None:
    farm.edit(*WRONG[what])
    with pytest.raises(Problem) as caught:
        load(farm.root / "assets.yaml")
    said = farm.run("build")
    assert said.code == 2
    assert caught.value.diagnostics[0].message in said.err
    assert ":1:" not in said.err, "a place in the part is none in the file"


def test_a_quote_that_is_closed_behind_all_entries(farm: Shell, eye: Eye) -> None:
    """What an entry leaves open takes in all that follows it; by itself it would end in a comment, and be another text."""
    farm.edit("per_build: 100}\n", 'per_build: 100}\n# 2"\n')
    settle(farm)
    farm.edit("{prompt: a swan, provider: draft}", '"a swan')
    prompts = {asset.name: asset.steps[0].prompt for asset in load(farm.root / "assets.yaml").assets}
    time.sleep(0.06)
    assert farm.run("build", "--max-cost", "1").code == 0
    assert eye.seen[-1] == "whole"
    assert farm.calls[-1] == prompts["d.png"] and "an owl" in prompts["d.png"]


@pytest.mark.parametrize(
    ("limit", "most", "code"),
    [("load.MOST_ASSETS", 6, "too-many-assets"), ("files.MOST_BYTES", len(SPEC), "file-too-large")],
)
def test_a_spec_that_grows_too_large_is_refused(
    farm: Shell, eye: Eye, monkeypatch: pytest.MonkeyPatch, limit: str, most: int, code: str
) -> None:
    """By itself, what changed is small."""
    monkeypatch.setattr(f"pixmake.spec.{limit}", most)
    monkeypatch.setattr(f"pixmake.build.narrowing.{limit.partition('.')[2]}", most)
    farm.edit("an owl", "a crow")
    build_as_planned(farm)
    assert eye.seen[-1] == "part"
    settle(farm)
    farm.edit("a crow\n", "a crow\n  h.png: a rook\n")
    time.sleep(0.06)
    said = farm.run("build")
    assert (said.code, eye.seen[-1]) == (2, "whole")
    assert f"error[{code}]" in said.err


@pytest.mark.parametrize("entry", ["a parliament", "{name: h.png, prompt: a parliament}"])
def test_a_label_twice(farm: Shell, entry: str) -> None:
    """A label is no asset's name, and no less a key of the spec."""
    farm.edit("f/g.png: an owl", "owls: {name: f/g.png, prompt: an owl}")
    settle(farm)
    count = calls(farm)
    farm.edit("  d.png:", f"  owls: {entry}\n  d.png:")
    time.sleep(0.06)
    said = farm.run("build")
    assert said.code == 2 and "'owls' stands twice" in said.err
    assert calls(farm) == count


def test_an_output_over_what_another_asset_reads_is_told(farm: Shell) -> None:
    farm.picture("own.png")
    farm.edit("a swan, provider: draft}", "a swan, references: [own.png]}")
    settle(farm)
    before = (farm.root / "own.png").read_bytes()
    farm.edit("f/g.png: an owl", "f/g.png: {prompt: an owl, outputs: [{path: ../own.png}]}")
    with pytest.raises(Problem) as caught:
        load(farm.root / "assets.yaml")
    said = farm.run("build")
    assert (said.code, caught.value.diagnostics[0].message in said.err) == (2, True)
    assert (farm.root / "own.png").read_bytes() == before


@pytest.mark.parametrize("way", ["template", "include", "a template of an entry more"])
def test_a_template_that_another_asset_writes_is_told(farm: Shell, way: str) -> None:
    """What a template says may not hang on what was built before: it is the text of no source."""
    farm.edit("presets:", "templates_dir: assets\npresets:")
    farm.edit("d.png: {prompt: a swan, provider: draft}", "d.svg: {prompt: a swan, provider: draft, kind: svg}")
    settle(farm)
    count = calls(farm)
    entries = {
        "template": ("f/g.png: an owl", "f/g.png: {prompt: an owl, template: d.svg}"),
        "include": ("f/g.png: an owl", "f/g.png: \"an owl {% include 'd.svg' %}\""),
        "a template of an entry more": ("  d.svg:", "  dd.png: {prompt: an owl, template: d.svg}\n  d.svg:"),
    }
    farm.edit(*entries[way])
    time.sleep(0.06)
    said = farm.run("build")
    line = next(line for line in (farm.root / "assets.yaml").read_text().splitlines() if "  d.svg:" in line)
    assert (said.code, calls(farm)) == (2, count)
    assert (
        f"error[output-over-source]: 'assets/d.svg' is read by the spec\n   {line_number(farm, line)} | {line}\n"
        in said.err
    )


@pytest.mark.parametrize(
    "words", [("--json",), ("a.png",), ("--locked",), ("--draft",), ("--exclude", "a.png"), ("--offline", "--json")]
)
def test_who_asks_for_more_gets_all(farm: Shell, eye: Eye, words: tuple[str, ...]) -> None:
    before = len(eye.seen)
    farm.run("build", *words)
    assert len(eye.seen) == before


def test_consent_is_asked_with_all_in_view(farm: Shell, eye: Eye) -> None:
    farm.edit("budget: {per_build: 100}\n", "")
    settle(farm)
    farm.edit("an owl", "two owls")
    time.sleep(0.06)
    assert farm.run("build").code == 4 and eye.seen[-1] == "widened"
    settle_with(farm, "--max-cost", "1")
    farm.edit("two owls", "three owls")
    time.sleep(0.06)
    assert farm.run("build", "--max-cost", "0.04").code == 0 and eye.seen[-1] == "part"


def test_a_yes_to_the_plan_as_it_stands_needs_no_other_view(farm: Shell, eye: Eye) -> None:
    """Nobody is shown anything, and what is bought and left behind is what the whole spec asks for."""
    farm.edit("budget: {per_build: 100}\n", "")
    settle(farm)
    farm.edit("an owl", "two owls")
    build_as_planned(farm, "--yes")
    assert eye.seen[-1] == "part" and farm.calls[-1] == "two owls"
    settle(farm)
    same_as_whole(farm)


def settle_with(shell: Shell, *words: str) -> None:
    time.sleep(0.06)
    assert [shell.run("build", *words).code for _ in range(2)] == [0, 0]


def test_the_lock_keeps_every_line(farm: Shell, eye: Eye) -> None:
    """The build knows only one line of it: the others are taken from the file as it is then."""
    before = (farm.root / "assets.lock").read_text().splitlines()
    farm.edit("an owl", "two owls")
    build_as_planned(farm)
    after = (farm.root / "assets.lock").read_text().splitlines()
    assert eye.seen[-1] == "part"
    assert len(after) == len(before) and len(set(after) - set(before)) == 1


@pytest.mark.parametrize("what", ["an output", "the lock", "a record", "the snapshot", "the times of an output"])
def test_all_is_looked_at_where_something_else_changed(farm: Shell, eye: Eye, what: str) -> None:
    farm.edit("an owl", "two owls")
    state = farm.root / ".pixmake"
    if what == "an output":
        (farm.root / "assets/a.png").unlink()
    elif what == "the lock":
        with open(farm.root / "assets.lock", "a") as stream:
            stream.write("\n")
    elif what == "a record":
        data = (state / "settled").read_bytes()
        (state / "settled").write_bytes(data.replace(b"a hen", b"a pen"))
    elif what == "the snapshot":
        (state / "snapshot").unlink()
    else:
        (farm.root / "assets/a.png").touch()
    time.sleep(0.06)
    assert farm.run("build").code == 0 and eye.seen[-1] == "whole"
    assert (farm.root / "assets/a.png").exists()
    settle(farm)
    same_as_whole(farm)


def test_a_record_of_another_state_of_the_spec_is_none(farm: Shell, eye: Eye) -> None:
    """What was edited there and back since would look as if it stood as it was built."""
    record = farm.root / ".pixmake/settled"
    before = record.read_bytes()
    farm.edit("an owl", "two owls")
    build_as_planned(farm)
    settle(farm)
    record.write_bytes(before)
    farm.edit("two owls", "an owl")
    drawn = (farm.root / "assets/f/g.png").read_bytes()
    build_as_planned(farm)
    assert eye.seen[-1] == "whole"
    assert (farm.root / "assets/f/g.png").read_bytes() != drawn


@pytest.mark.parametrize(("days", "look"), [(KEPT - 1, "part"), (KEPT, "whole")])
def test_after_some_days_all_is_looked_at(farm: Shell, eye: Eye, days: int, look: str) -> None:
    """A model may have been retired since, say."""
    path = farm.root / ".pixmake/snapshot"
    first, day, rest = path.read_bytes().split(b"\n", 2)
    path.write_bytes(b"\n".join([first, str(int(day) - days).encode(), rest]))
    farm.edit("an owl", "two owls")
    build_as_planned(farm)
    assert eye.seen[-1] == look


def test_a_failure_leaves_nothing_to_rely_on(farm: Shell, eye: Eye) -> None:
    farm.script(owls=["failed"])
    farm.edit("an owl", "two owls")
    time.sleep(0.06)
    assert farm.run("build").code == 1 and eye.seen[-1] == "part"
    assert standing(__version__) is None
    farm.script()
    assert farm.run("build").code == 0 and eye.seen[-1] == "whole"
    settle(farm)
    same_as_whole(farm)


def test_what_was_sent_before_and_never_answered_is_not_sent_again(farm: Shell, eye: Eye) -> None:
    farm.script(owls=["unknown"])
    farm.edit("an owl", "two owls")
    time.sleep(0.06)
    assert farm.run("build").code == 5
    farm.script()
    farm.edit("two owls", "an owl")
    settle(farm)
    count = calls(farm)
    farm.edit("an owl", "two owls")
    time.sleep(0.06)
    assert farm.run("build").code == 5 and eye.seen[-1] == "widened"
    assert calls(farm) == count


NAMES = ("f/g.png", "a.png", "h.png", "i/j.png", "k.png")
SHAPES = (
    "bird {0}",
    "{{prompt: bird {0}, size: 512x512}}",
    "{{prompt: bird {0}, variants: 2}}",
    "{{prompt: bird {0}, provider: draft}}",
    "{{prompt: bird {0}, outputs: [{{path: out/{0}.png}}]}}",
    "{{from: {{asset: a.png}}, prompt: bird {0}}}",
    "|\n    a bird\n    number {0}",
    "\n    prompt: bird {0}  # of many\n    quality: low",
)


def edit_at_random(text: str, dice: random.Random) -> str:
    """Another spec: an entry more, less, or other; comments; now and then something around the entries."""
    head, _, rest = text.partition("assets:\n")
    body, mark, tail = rest.partition("\nbudget:")
    entries = re.split(r"(?m)^(?=  [^ \n#])", body)
    name = dice.choice(NAMES)
    place = next((at for at, entry in enumerate(entries) if entry.startswith(f"  {name}:")), None)
    shapes = SHAPES[:2] if name == "a.png" else SHAPES  # others are made from it, and must not have to wait for a pick
    entry = f"  {name}: {dice.choice(shapes).format(dice.randrange(5))}\n"
    if place is None:
        entries.insert(dice.randrange(1, len(entries) + 1), entry)
    elif name not in ("a.png", "f/g.png") and dice.random() < 0.25:
        del entries[place]
    else:
        entries[place] = entry
    if dice.random() < 0.2:
        entries.insert(dice.randrange(1, len(entries) + 1), f"  # number {dice.random()}\n")
    if dice.random() < 0.1:
        head += f"# number {dice.random()}\n"
    return f"{head}assets:\n{''.join(entries)}{mark}{tail}"


@pytest.mark.parametrize(
    ("seed", "turns"), [(7, 12), *(pytest.param(seed, 40, marks=[*LONG]) for seed in range(100, 120))]
)
def test_many_edits(farm: Shell, eye: Eye, seed: int, turns: int) -> None:
    """Whatever is edited in whatever order: what is sent is what the whole spec asks for, and so is what is left."""
    dice = random.Random(seed)
    for _ in range(turns):
        farm.write(edit_at_random((farm.root / "assets.yaml").read_text(), dice))
        if dice.random() < 0.15:
            (farm.root / "assets/f/g.png").unlink(missing_ok=True)
        try:
            build_as_planned(farm)
        except Problem:
            assert farm.run("build").code == 2  # two outputs of one path
            continue
        settle(farm)
        if dice.random() < 0.3:
            same_as_whole(farm)
    assert {"part", "whole"} <= set(eye.seen[1:])


def test_a_copied_project_knows_nothing(farm: Shell, eye: Eye, tmp_path: Path) -> None:
    """A record of another folder, brought along by whoever hands it on, is not believed."""
    other = tmp_path / "other"
    shutil.copytree(farm.root, other)
    farm.go(other)
    text = (other / "assets.yaml").read_text()
    (other / "assets.yaml").write_text(text.replace("an owl", "two owls"))
    time.sleep(0.06)
    assert farm.run("build").code == 0 and eye.seen[-1] == "whole"


@pytest.mark.parametrize("more", ["", "\n  h.png: a rook"])
def test_with_pictures_that_are_held_all_is_looked_at(farm: Shell, eye: Eye, more: str) -> None:
    """They are no business of a plan's counts of what is fresh, and nothing of theirs is to be forgotten."""
    farm.edit("f/g.png: an owl", "f/g.png: {prompt: an owl, frozen: true}")
    build_as_planned(farm)
    farm.edit("prompt: an owl, frozen: true}", f"prompt: two owls, frozen: true}}{more}")
    time.sleep(0.06)
    assert farm.run("build").code == 0 and eye.seen[-1] == "widened"
    farm.edit("on a lake", "on a pond")
    time.sleep(0.06)
    assert farm.run("build").code == 0 and eye.seen[-1] == "whole"


def test_a_spec_that_changed_while_it_was_built_leaves_nothing(farm: Shell) -> None:
    """What was read of it is not what its stat was taken of."""
    spec = farm.root / "assets.yaml"
    project = Project(spec, store=farm.store)
    report = project.build(project.plan())
    stat = look(spec)
    assert stat is not None and report.exit_code == 0
    kept = settled_of(report, stat, spec.read_text())
    assert kept is not None and kept.text == spec.read_bytes()
    assert settled_of(report, stat._replace(size=stat.size + 1), spec.read_text()) is None


def test_with_orphans_all_is_looked_at(farm: Shell, eye: Eye) -> None:
    """An entry that comes takes over the line, and the pick in it, of one that went before it."""
    assert farm.run("reroll", "f/g.png", "--yes").code == 0
    assert farm.run("pick", "f/g.png", "2").code == 0
    settle(farm)
    second = line_of(farm, "f/g.png")["steps"][0]["variants"][1]
    farm.edit("  f/g.png: an owl\n", "")
    settle(farm)
    farm.edit("  d.png:", "  owl.png: an owl\n  d.png:")
    build_as_planned(farm)
    assert eye.seen[-1] == "whole"
    assert line_of(farm, "owl.png")["steps"][0]["pick"] == second
    assert '"f/g.png"' not in (farm.root / "assets.lock").read_text()


def line_number(shell: Shell, line: str) -> int:
    return (shell.root / "assets.yaml").read_text().splitlines().index(line) + 1


def line_of(shell: Shell, asset: str) -> dict[str, Any]:
    lines = map(json.loads, (shell.root / "assets.lock").read_text().splitlines())
    return next(line for line in lines if line.get("asset") == asset)
