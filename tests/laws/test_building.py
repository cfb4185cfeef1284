"""Laws of whole builds, on random projects: what is asked for is worked out a second time, from the contract alone."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from random import Random

from hypothesis import strategies as st

from fakes.project import Ground
from laws.oracle import Faithful, Oracle, write_files
from laws.projects import Project, changed, projects, renamed, settled
from laws.running import law
from laws.spelling import Writer
from pixmake.build.report import BuildReport

DICE = st.randoms(use_true_random=False)


class Site(Ground):
    """A project on disk with a provider that paints by key; it is written anew for each build."""

    def __init__(self, folder: Path) -> None:
        self.faithful = Faithful(concurrency=8)
        super().__init__(folder, "version: 1\nassets: {}\n", self.faithful)
        write_files(self.root)

    def write_down(self, project: Project, dice: Random | None = None) -> None:
        """The spec that says `project`, spelled by `dice`."""
        writer = Writer(dice=dice)
        text = writer.text(project)
        shutil.rmtree(self.root / "more", ignore_errors=True)
        self.write("assets.yaml", text)
        for name, part in writer.files.items():
            self.write(name, part)

    def buys(self, project: Project, dice: Random | None = None, jobs: int | None = None) -> Counter[str]:
        """Builds it; what was ordered, by key."""
        self.write_down(project, dice)
        report = self.build(jobs=jobs)
        assert report.exit_code == 0, [(item.entry.asset, item.state, item.message) for item in report.entries]
        assert report.made <= report.plan.totals.images
        assert report.spent <= report.plan.totals.cost.high
        return self.faithful.ordered()

    def lock_lines(self) -> dict[str, dict[str, object]]:
        text = (self.root / "assets.lock").read_text("utf-8") if (self.root / "assets.lock").exists() else ""
        bodies = [json.loads(line) for line in text.splitlines()[1:]]
        return {body["asset"]: body for body in bodies}

    def pictures(self, project: Project) -> dict[str, bytes]:
        """The outputs of these assets."""
        paths = [f"assets/{piece.name}.{piece.suffix}" for piece in project]
        return {path: (self.root / path).read_bytes() for path in paths}

    def stats(self) -> dict[Path, tuple[int, int]]:
        """Time of change and inode of every file of project and store."""
        seen = {path: path.stat() for path in self.folder.rglob("*") if path.is_file()}
        return {path: (stat.st_mtime_ns, stat.st_ino) for path, stat in seen.items()}


@contextmanager
def site() -> Iterator[Site]:
    """A folder for one case, gone after it: there are hundreds."""
    with tempfile.TemporaryDirectory(prefix="law-") as folder:
        yield Site(Path(folder))


@law(25, project=projects(), dice=DICE)
def test_exactly_the_new_keys_are_sent_and_then_nothing_is_sent_or_written(project: Project, dice: Random) -> None:
    with site() as ground:
        assert ground.buys(project, dice) == Oracle.of(project).wanted
        before = ground.stats()
        ground.write_down(project, dice)
        assert ground.build().written == ()
        assert ground.faithful.ordered() == Counter()
        after = ground.stats()
        assert {path.name for path in after if after[path] != before.get(path)} <= {"assets.yaml", "part.yaml"}


@law(20, project=projects(), dice=DICE)
def test_after_changes_a_build_is_as_if_it_were_the_first_and_going_back_is_free(
    project: Project, dice: Random
) -> None:
    other = changed(dice, project)
    with site() as one, site() as clean:
        first = one.buys(project)
        before = one.pictures(project)
        bought = one.buys(other)
        assert bought == Oracle.of(other).wanted - first
        clean.buys(other)
        assert one.pictures(other) == clean.pictures(other)
        assert same_choices(one.lock_lines(), clean.lock_lines())
        assert one.buys(project) == Counter()
        assert one.pictures(project) == before


def same_choices(one: dict[str, dict[str, object]], clean: dict[str, dict[str, object]]) -> bool:
    """Equal lines, but that a project with a past may know more candidates, and orphans."""
    return all(_choices(line) == _choices(one[name]) for name, line in clean.items())


def _choices(line: dict[str, object]) -> object:
    steps = line["steps"]
    assert isinstance(steps, list)
    picks = [(step["key"], step["pick"], step["model"], step["size"], step["for"]) for step in steps]
    return picks, line["outputs"]


@law(20, project=projects(), one=DICE, other=DICE, jobs=st.integers(1, 8))
def test_order_spelling_and_concurrency_change_nothing(project: Project, one: Random, other: Random, jobs: int) -> None:
    with site() as left, site() as right:
        assert left.buys(project, one, jobs) == right.buys(project, other, 1)
        assert left.pictures(project) == right.pictures(project)
        assert (left.root / "assets.lock").read_bytes() == (right.root / "assets.lock").read_bytes()


@law(15, project=projects(), dice=DICE)
def test_other_names_cost_nothing(project: Project, dice: Random) -> None:
    names = {piece.name: f"new/{piece.name}" for piece in project if dice.random() < 0.7}
    other = settled(renamed(list(project), names))
    with site() as ground:
        ground.buys(project, dice)
        assert ground.buys(other, dice) == Counter()


@law(10, project=projects())
def test_two_profiles_in_turn_cost_what_each_of_them_is(project: Project) -> None:
    with site() as ground:
        ground.write_down(project)
        for profile in (None, "night", None, "night"):
            assert ground.build(profile=profile).exit_code == 0
        lock = (ground.root / "assets.lock").read_bytes()
        plain = Oracle.of(project).wanted
        assert ground.faithful.ordered() >= plain
        for profile in (None, "night"):
            assert ground.build(profile=profile).exit_code == 0
        assert ground.faithful.ordered() == Counter()
        assert (ground.root / "assets.lock").read_bytes() == lock


@law(20, project=projects(), cents=st.integers(0, 60), bill=st.integers(1, 4), jobs=st.integers(1, 8))
def test_a_cap_holds_and_the_rest_is_held(project: Project, cents: int, bill: int, jobs: int) -> None:
    with site() as ground:
        ground.faithful.bill = Decimal(bill) / 100
        ground.write_down(project)
        cap = Decimal(cents) / 100
        report = ground.build(yes=False, max_cost=cap, jobs=jobs)
        bought = ground.faithful.ordered()
        assert report.spent == sum(bought.values()) * ground.faithful.bill <= cap
        assert within_plan(report)
        wanted = Oracle.of(project).wanted
        assert bought <= wanted
        assert (report.exit_code == 0) == (bought == wanted)
        assert ground.buys(project) == wanted - bought


def within_plan(report: BuildReport) -> bool:
    totals = report.plan.totals
    return report.made <= totals.images and report.spent <= totals.cost.high
