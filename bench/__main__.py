"""Bench: `python -m bench`: runs benches, prints their ratios, keeps and compares them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from bench.machine import machine
from bench.measures import Bench, Measure, regressions

BENCHES = ("idle", "cold", "buying", "watch")
BASELINE = Path(__file__).with_name("baseline.json")
PAGE = Path(__file__).parents[1] / "docs" / "speed.md"
BEGIN, END = "<!-- measured: python -m bench --save -->", "<!-- end -->"
FORMAT = "pixmake.bench/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one bench measured, and on what machine."""

    measures: Mapping[str, Measure]
    machine: Mapping[str, str]


def main() -> int:
    """Exit code 1 where `--check` finds a regression, 2 for a bench that is not there."""
    options = _options()
    before = read(BASELINE.read_text("utf-8")) if BASELINE.exists() else {}
    if options.table:
        print(table(before), end="")
        return 0
    missing = [name for name in options.benches if name not in BENCHES or find_spec(f"bench.{name}") is None]
    if missing:
        print(f"no such bench: {', '.join(missing)}; there are {', '.join(_there())}", file=sys.stderr)
        return 2
    found = {name: _run(name, options.full) for name in options.benches or _there()}
    print(document(found) if options.json else table(found), end="")
    worse = list(regressions(measures(found), ratios(before))) if options.check else []
    for line in worse:
        print(f"regression: {line}", file=sys.stderr)
    if options.save:
        _save(before, found)
    return 1 if worse else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("benches", nargs="*", metavar="BENCH", help=f"of {', '.join(BENCHES)}; all without")
    parser.add_argument("--full", action="store_true", help="every size and every peer: takes long")
    parser.add_argument("--check", action="store_true", help="exit 1 where a ratio is worse than bench/baseline.json")
    parser.add_argument("--save", action="store_true", help="put it into bench/baseline.json and docs/speed.md")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--table", action="store_true", help="print the baseline as a table; run nothing")
    return parser.parse_args()


def _there() -> list[str]:
    return [name for name in BENCHES if find_spec(f"bench.{name}") is not None]


def _run(name: str, full: bool) -> Found:
    bench = cast(Bench, import_module(f"bench.{name}"))
    print(f"{name}: {bench.ABOUT}", file=sys.stderr)
    return Found(measures=dict(bench.measure(full)), machine=machine())


# --- showing -----------------------------------------------------------------------------------------------------


def table(found: Mapping[str, Found]) -> str:
    """Markdown: one row for each measure, the machines below."""
    rows = ["| bench | measure | ratio | goal | | figures |", "| --- | --- | ---: | ---: | --- | --- |"]
    for bench, part in found.items():
        rows += [f"| {bench} | {name} | {_row(measure)} |" for name, measure in part.measures.items()]
    places: dict[str, list[str]] = {}
    for bench, part in found.items():
        words = ", ".join(f"{name} {value}" for name, value in part.machine.items())
        places.setdefault(words, []).append(bench)
    return "\n".join([*rows, "", *(f"- {', '.join(benches)}: {words}" for words, benches in places.items()), ""])


def _row(measure: Measure) -> str:
    goal = "" if measure.goal is None else f"{'≤' if measure.better == 'less' else '≥'} {measure.goal:g}"
    seen = ", ".join(
        f"{name} {value:,.0f}" if value >= 1000 else f"{name} {value:.3g}" for name, value in measure.seen.items()
    )
    verdict = {None: "", True: "reached", False: "**missed**"}[measure.reached]
    return f"{measure.ratio:.3g} | {goal} | {verdict} | {seen}"


# --- keeping -----------------------------------------------------------------------------------------------------


def document(found: Mapping[str, Found]) -> str:
    """What was measured, as JSON."""
    benches = {
        bench: {"machine": part.machine, "measures": {name: _kept(item) for name, item in part.measures.items()}}
        for bench, part in found.items()
    }
    return json.dumps({"format": FORMAT, "benches": benches}, indent=1, ensure_ascii=False) + "\n"


def _kept(item: Measure) -> dict[str, object]:
    seen = {name: float(f"{value:.4g}") for name, value in item.seen.items()}
    said: dict[str, object] = {
        "ratio": float(f"{item.ratio:.4g}"),
        "goal": item.goal,
        "better": item.better,
        "seen": seen,
    }
    return said | ({"tolerance": item.tolerance} if item.tolerance != Measure(ratio=1).tolerance else {})


def read(text: str) -> dict[str, Found]:
    """What `document` wrote."""
    return {
        bench: Found(
            measures={name: Measure(**item) for name, item in part["measures"].items()}, machine=part["machine"]
        )
        for bench, part in json.loads(text)["benches"].items()
    }


def measures(found: Mapping[str, Found]) -> dict[str, Mapping[str, Measure]]:
    """Measures by bench and name."""
    return {bench: part.measures for bench, part in found.items()}


def ratios(found: Mapping[str, Found]) -> dict[str, Mapping[str, float]]:
    """Ratios by bench and name."""
    return {bench: {name: item.ratio for name, item in part.measures.items()} for bench, part in found.items()}


def _save(before: Mapping[str, Found], found: Mapping[str, Found]) -> None:
    """What was measured now takes the place of the same measures; the others stay. The page follows."""
    kept = dict(before)
    for bench, part in found.items():
        old = kept[bench].measures if bench in kept else {}
        kept[bench] = Found(measures={**old, **part.measures}, machine=part.machine)
    kept = {name: kept[name] for name in BENCHES if name in kept}
    BASELINE.write_text(document(kept), "utf-8")
    rounded = read(BASELINE.read_text("utf-8"))  # the page shows what the file holds
    PAGE.write_text(with_table(PAGE.read_text("utf-8"), table(rounded)), "utf-8")


def with_table(page: str, rows: str) -> str:
    """The page with another table between its marks. Raises ValueError where it has none."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE} has lost its marks {BEGIN} and {END}")
    return f"{head}{BEGIN}\n\n{rows}\n{END}{tail}"


if __name__ == "__main__":
    sys.exit(main())
