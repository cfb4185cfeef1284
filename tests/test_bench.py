"""The benches' own arithmetic, and the page that shows them. Nothing is timed here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # bench/ is no part of the package

from bench.__main__ import BASELINE, BEGIN, END, PAGE, Found, document, measures, ratios, read, table, with_table  # noqa: E402
from bench.measures import Measure, regressions  # noqa: E402
from bench.peers import PEERS  # noqa: E402
from bench.timing import Case, side_by_side, timed  # noqa: E402

HERE = {"processor": "an abacus", "cores": "10"}


def found(ratio: float, better: str = "less", tolerance: float = 0.3) -> dict[str, Found]:
    measure = Measure(ratio=ratio, goal=2, better=better, seen={"ms": 12.5}, tolerance=tolerance)  # type: ignore[arg-type]
    return {"idle": Found(measures={"build / ninja": measure}, machine=HERE)}


@pytest.mark.parametrize(
    ("before", "now", "better", "worse"),
    [
        (1, 1.29, "less", False),
        (1, 1.31, "less", True),
        (1, 0.1, "less", False),
        (1, 0.78, "more", False),
        (1, 0.76, "more", True),
        (1, 9, "more", False),
    ],
)
def test_a_regression_is_worse_by_more_than_the_tolerance(before: float, now: float, better: str, worse: bool) -> None:
    lines = list(regressions(measures(found(now, better)), ratios(found(before, better))))
    assert [line.partition(",")[0] for line in lines] == ([f"idle: build / ninja: {now:.3g}"] if worse else [])


def test_what_was_never_measured_is_no_regression() -> None:
    assert list(regressions(measures(found(9)), {})) == []


def test_what_is_kept_is_read_again() -> None:
    assert read(document(found(1.5, "more", 2))) == found(1.5, "more", 2)


@pytest.mark.parametrize(("ratio", "better", "word"), [(1.9, "less", "reached"), (1.9, "more", "**missed**")])
def test_the_table_says_whether_goals_are_reached(ratio: float, better: str, word: str) -> None:
    sign = "≤" if better == "less" else "≥"
    assert f"| idle | build / ninja | 1.9 | {sign} 2 | {word} | ms 12.5 |" in table(found(ratio, better))
    assert "- idle: processor an abacus, cores 10" in table(found(ratio, better))


def test_the_page_shows_the_baseline() -> None:
    page = PAGE.read_text("utf-8")
    assert with_table(page, table(read(BASELINE.read_text("utf-8")))) == page, "python -m bench --save writes both"


def test_a_page_without_marks_is_not_written() -> None:
    with pytest.raises(ValueError, match="has lost its marks"):
        with_table("# Speed", "| a |")
    assert with_table(f"a\n{BEGIN}\nold\n{END}\nb\n", "| new |\n") == f"a\n{BEGIN}\n\n| new |\n\n{END}\nb\n"


def test_an_unknown_bench_is_told() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "ilde"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and done.stderr.startswith("no such bench: ilde; there are idle, ")


def test_a_run_counts_its_own_work_and_memory(tmp_path: Path) -> None:
    """The child's, not those of whoever started it: 60 MB more are seen as such."""
    folder = tmp_path / "project"
    folder.mkdir()
    small = Case(command=[sys.executable, "-I", "-S", "-c", "pass"], folder=folder)
    large = Case(command=[sys.executable, "-I", "-S", "-c", "b'x' * 60_000_000"], folder=folder)
    runs = side_by_side({"small": small, "large": large}, 1)
    assert runs["small"].peak < 30 and 45 < runs["large"].peak - runs["small"].peak < 75
    assert all(run.seconds > 0 and run.cpu > 0 for run in runs.values())


def test_a_run_that_fails_ends_the_bench_with_its_words(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    with pytest.raises(SystemExit, match="ended with 3:\nno way"):
        timed(Case(command=[sys.executable, "-c", "import sys; print('no way'); sys.exit(3)"], folder=folder))


@pytest.mark.parametrize("name", ["ninja", "make"])
def test_peers_have_nothing_to_do_when_they_are_timed(name: str, tmp_path: Path) -> None:
    if not PEERS[name].there:
        pytest.skip(f"{name} is not installed")
    case = PEERS[name].case(tmp_path / name, 3)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / name / "assets").rglob("*.png")}
    timed(case)
    assert len(before) == 3
    assert before == {path: path.stat().st_mtime_ns for path in before}
