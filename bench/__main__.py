"""Bench: `python -m bench`: runs benches, prints their ratios, keeps and compares them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from bench.machine import machine
from bench.measures import Bench, Measure, regressions

BENCHES = ("idle", "cold", "buying", "watch")
BASELINE = Path(__file__).with_name("baseline.json")
FORMAT = "pixmake.bench/1"

Found = dict[str, dict[str, Measure]]


def main() -> int:
    """Exit code 1 where `--check` finds a regression, 2 for a bench that is not there."""
    options = _options()
    if options.table:
        print(table(*_read(BASELINE)), end="")
        return 0
    missing = [name for name in options.benches if name not in BENCHES or find_spec(f"bench.{name}") is None]
    if missing:
        print(f"no such bench: {', '.join(missing)}; there are {', '.join(_there())}", file=sys.stderr)
        return 2
    found = {name: _run(name, options.full) for name in options.benches or _there()}
    here = machine()
    print(_document(found, here) if options.json else table(found, here), end="")
    if options.save:
        _save(found, here)
    return _check(found) if options.check else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("benches", nargs="*", metavar="BENCH", help=f"of {', '.join(BENCHES)}; all without")
    parser.add_argument("--full", action="store_true", help="every size and every peer: takes long")
    parser.add_argument("--check", action="store_true", help="exit 1 where a ratio is worse than bench/baseline.json")
    parser.add_argument("--save", action="store_true", help="put what was measured into bench/baseline.json")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--table", action="store_true", help="print the baseline as docs/speed.md has it; run nothing")
    return parser.parse_args()


def _there() -> list[str]:
    return [name for name in BENCHES if find_spec(f"bench.{name}") is not None]


def _run(name: str, full: bool) -> dict[str, Measure]:
    bench = cast(Bench, import_module(f"bench.{name}"))
    print(f"{name}: {bench.ABOUT}", file=sys.stderr)
    return dict(bench.measure(full))


# --- showing -----------------------------------------------------------------------------------------------------


def table(found: Mapping[str, Mapping[str, Measure]], here: Mapping[str, str]) -> str:
    """Markdown: one row for each measure, the machine below."""
    rows = ["| bench | measure | ratio | goal | | figures |", "| --- | --- | ---: | ---: | --- | --- |"]
    for bench, measures in found.items():
        rows += [f"| {bench} | {name} | {_row(measure)} |" for name, measure in measures.items()]
    return "\n".join([*rows, "", "; ".join(f"{name} {value}" for name, value in here.items()), ""])


def _row(measure: Measure) -> str:
    goal = "" if measure.goal is None else f"{'≤' if measure.better == 'less' else '≥'} {measure.goal:g}"
    seen = ", ".join(f"{name} {value:.4g}" for name, value in measure.seen.items())
    verdict = {None: "", True: "reached", False: "**missed**"}[measure.reached]
    return f"{measure.ratio:.3g} | {goal} | {verdict} | {seen}"


# --- keeping -----------------------------------------------------------------------------------------------------


def _document(found: Mapping[str, Mapping[str, Measure]], here: Mapping[str, str]) -> str:
    measures = {bench: {name: _kept(item) for name, item in rows.items()} for bench, rows in found.items()}
    return json.dumps({"format": FORMAT, "machine": here, "measures": measures}, indent=1, ensure_ascii=False) + "\n"


def _kept(item: Measure) -> dict[str, object]:
    seen = {name: float(f"{value:.4g}") for name, value in item.seen.items()}
    said: dict[str, object] = {
        "ratio": float(f"{item.ratio:.4g}"),
        "goal": item.goal,
        "better": item.better,
        "seen": seen,
    }
    return said | ({"tolerance": item.tolerance} if item.tolerance != Measure(ratio=1).tolerance else {})


def _read(path: Path) -> tuple[Found, dict[str, str]]:
    if not path.exists():
        return {}, {}
    body = json.loads(path.read_text("utf-8"))
    measures = body["measures"].items()
    return {bench: {name: Measure(**item) for name, item in rows.items()} for bench, rows in measures}, body["machine"]


def _save(found: Found, here: Mapping[str, str]) -> None:
    """What was measured now takes the place of the same measures; the others stay."""
    before, _ = _read(BASELINE)
    for bench, rows in found.items():
        before[bench] = before.get(bench, {}) | rows
    BASELINE.write_text(_document({name: before[name] for name in BENCHES if name in before}, here), "utf-8")


def _check(found: Found) -> int:
    before, _ = _read(BASELINE)
    ratios = {bench: {name: item.ratio for name, item in rows.items()} for bench, rows in before.items()}
    worse = list(regressions(found, ratios))
    for line in worse:
        print(f"regression: {line}", file=sys.stderr)
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
