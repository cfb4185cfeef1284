"""`costs`: the ledger adds up: to the bills, to what is reserved, and to what the painter counted."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.shell import HEAD, Shell
from pixmake.build.budget import DayLedger
from pixmake.build.costs import account, charges, drift
from pixmake.digest import sha256_bytes
from pixmake.store.home import Store, open_store
from pixmake.store.records import Failure, Intent, Outcome, Result

SPEC = HEAD + "assets:\n  a.png: {prompt: a hen, tags: [farm, bird]}\n  b.png: {prompt: an owl, tags: [bird]}\n"
DAY = "2026-11-20"


def store(shell: Shell) -> Store:
    return open_store(shell.store, project_root=shell.root, spec_store=None, env={})


def sent(
    shell: Shell,
    name: str,
    asset: str = "a.png",
    *,
    time: str = f"{DAY}T10:00:00Z",
    reserved: str | None = "0.05",
    model: str | None = "ink-1",
    scope: str | None = None,
    again: tuple[str, ...] = (),
) -> Intent:
    return Intent(
        intent=name,
        key=sha256_bytes(name.encode()),
        request={"prompt": name},
        provider="counting",
        model=model,
        count=1,
        reserved=None if reserved is None else Decimal(reserved),
        scope=scope or str(shell.root),
        asset=asset,
        step=0,
        time=time,
        pid=1,
        again=again,
    )


def came(intent: Intent, cost: str | None, pictures: int = 1) -> Outcome:
    results = tuple(
        Result(
            digest=sha256_bytes(f"{intent.intent} {number}".encode()),
            media_type="image/png",
            bytes=1,
            time=intent.time,
            source="api",
            scope=intent.scope,
        )
        for number in range(pictures)
    )
    return Outcome(intent=intent.intent, key=intent.key, results=results, cost=None if cost is None else Decimal(cost))


def lost(intent: Intent, why: str) -> Failure:
    return Failure(intent=intent.intent, key=intent.key, why=why, message=f"it is {why}", time=intent.time)  # type: ignore[arg-type]


def write(shell: Shell, records: Sequence[Intent | Outcome | Failure]) -> Store:
    found = store(shell)
    found.journal.append(*records)
    return found


def history(shell: Shell) -> None:
    """Two days, two models, two projects; a bill above its reservation, one that never came, calls without an answer."""
    shell.write(SPEC)
    one, two = sent(shell, "one"), sent(shell, "two", "b.png", model="ink-2", time="2026-11-21T01:00:00Z")
    dear = sent(shell, "dear", "gone.png", reserved="0.01")
    unbilled = sent(shell, "unbilled", "b.png", model=None)
    old, new = sent(shell, "old", "b.png"), sent(shell, "new", "b.png", again=("old",), time="2026-11-21T02:00:00Z")
    dead = sent(shell, "dead", time="2026-11-21T03:00:00Z")
    refused, elsewhere = sent(shell, "refused"), sent(shell, "elsewhere", scope="/other")
    write(shell, [one, came(one, "0.04", 2), two, came(two, "0.05"), dear, came(dear, "0.03")])
    write(shell, [unbilled, came(unbilled, None), old, lost(old, "unknown"), new, came(new, "0.05")])
    write(shell, [dead, refused, lost(refused, "refused"), elsewhere, came(elsewhere, "0.5")])


def test_costs_by_day_model_asset_and_tag(shell: Shell) -> None:
    history(shell)
    said = shell.run("costs")
    assert said.code == 0
    assert (
        said.out
        == """\
by day
  2026-11-21  3 calls  2 pictures  $0.10  perhaps $0.05 more
  2026-11-20  4 calls  4 pictures  $0.12  perhaps $0.05 more

by model
  ink-1     5 calls  4 pictures  $0.12  perhaps $0.10 more
  counting   1 call   1 picture  $0.05
  ink-2      1 call   1 picture  $0.05

by asset
  b.png     4 calls  3 pictures  $0.15  perhaps $0.05 more
  a.png     2 calls  2 pictures  $0.04  perhaps $0.05 more
  gone.png   1 call   1 picture  $0.03

by tag
  bird    6 calls  5 pictures  $0.19  perhaps $0.10 more
  farm    2 calls  2 pictures  $0.04  perhaps $0.05 more
  (gone)   1 call   1 picture  $0.03

calls without an answer
  b.png#0  $0.05  2026-11-20 10:00  sent again since
  a.png#0  $0.05  2026-11-21 03:00  the process ended before an answer was recorded

paid $0.22 for 6 pictures in 7 calls, perhaps $0.10 more for calls without an answer
reserved $0.16 for what was billed at $0.17: 6.3 % above the estimate
1 bill above what was reserved, the first for gone.png
"""
    )
    assert said.err == "other projects on this store: $0.50 in 1 call (--all)\nnext: pixmake explain a.png\n"


def test_costs_of_some(shell: Shell) -> None:
    history(shell)
    assert shell.run("costs", "--by", "model", "--since", "2026-11-21").out.splitlines() == [
        "by model",
        "  ink-1  2 calls  1 picture  $0.05  perhaps $0.05 more",
        "  ink-2   1 call  1 picture  $0.05",
        "",
        "calls without an answer",
        "  a.png#0  $0.05  2026-11-21 03:00  the process ended before an answer was recorded",
        "",
        "paid $0.10 for 2 pictures in 3 calls, perhaps $0.05 more for calls without an answer",
        "reserved $0.10 for what was billed at $0.10: as estimated",
    ]
    total = shell.run("costs", "tag:bird", "--json").body["total"]
    assert (total["spent"], total["reserved"], total["calls"]) == ("0.19", "0.1", 6)
    assert shell.run("costs", "gone.png", "--json").body["total"]["spent"] == "0.03", "no longer in the spec"
    every = shell.run("costs", "--all", "--json").body
    assert every["total"]["spent"] == "0.72"
    assert "/other: a.png" in [item["name"] for item in every["by"]["asset"]]
    assert {"name": "(other projects)", "spent": "0.5"}.items() <= every["by"]["tag"][1].items()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--since", "yesterday"], "error[bad-date]: 'yesterday' is not a day\nhelp: write it as 2026-11-22\n"),
        (
            ["--all", "a.png"],
            "error[all-and-selectors]: selectors choose among this project's assets\nhelp: leave --all out\n",
        ),
    ],
)
def test_what_costs_does_not_understand(shell: Shell, words: list[str], text: str) -> None:
    said = shell.run("costs", *words)
    assert (said.code, said.err) == (2, text)


def test_costs_before_and_after_a_real_build(shell: Shell) -> None:
    shell.write(SPEC)
    assert shell.run("costs").out == "nothing was bought\n"
    before = shell.files()
    assert shell.run("costs").code == 0 and shell.files() == before and not shell.store.exists()
    shell.script(owl=["unknown"])
    assert shell.run("build", "--yes").code == 5
    body = shell.run("costs", "--json").body
    total = body["total"]
    assert (total["spent"], total["reserved"], total["calls"]) == ("0.04", "0.04", len(shell.calls))
    assert (body["drift"]["percent"], body["drift"]["calls"]) == (0.0, 1)
    assert [item["asset"] for item in body["unknown"]] == ["b.png"]


def test_costs_outside_of_a_project_are_those_of_the_store(shell: Shell) -> None:
    history(shell)
    shell.go(shell.folder / "elsewhere")
    body = shell.run("costs", "--json").body
    assert (body["project"], body["total"]["spent"]) == (None, "0.72")


def test_the_budget_of_the_day_is_told(shell: Shell) -> None:
    shell.write(SPEC.replace("version: 1", "version: 1\nbudget: {per_day: 0.5}"))
    assert shell.run("build", "--yes").code == 0
    assert "today $0.08 of the $0.50 that budget.per_day allows to all projects" in shell.run("costs").err


def test_a_price_that_nobody_knows(shell: Shell) -> None:
    shell.write(SPEC.replace("{type: counting}", "{type: counting, price: unknown}"))
    assert shell.run("build", "a.png", "--yes").code == 0
    said = shell.run("costs")
    assert said.out.splitlines()[-2:] == ["paid $0.00 for 1 picture in 1 call", "1 call whose price nobody knows"]


def test_a_damaged_journal_is_told(shell: Shell) -> None:
    history(shell)
    path = shell.store / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"0.05"', b'"9.05"', 1))
    said = shell.run("costs")
    assert said.code == 0 and "error[journal-damaged]" in said.err
    assert shell.run("costs", "--json").body["problems"][0]["code"] == "journal-damaged"


ENDINGS = st.sampled_from(["billed", "unbilled", "unknown", "refused", "failed", "open", "billed twice", "late"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=st.lists(st.tuples(ENDINGS, st.integers(0, 300), st.integers(0, 300)), max_size=12))
def test_the_ledger_says_what_the_daily_cap_counts(shell: Shell, calls: list[tuple[str, int, int]]) -> None:
    """Two readers of one journal: whatever happened, spent + reserved is what `per_day` holds against a build."""
    (shell.store / "journal.jsonl").unlink(missing_ok=True)
    records: list[Intent | Outcome | Failure] = []
    for number, (ending, reserved, bill) in enumerate(calls):
        intent = sent(shell, f"call-{number}", reserved=str(Decimal(reserved) / 1000))
        answer = came(intent, str(Decimal(bill) / 1000))
        endings: dict[str, list[Outcome | Failure]] = {
            "billed": [answer],
            "unbilled": [came(intent, None)],
            "unknown": [lost(intent, "unknown")],
            "refused": [lost(intent, "refused")],
            "failed": [lost(intent, "failed")],
            "open": [],
            "billed twice": [answer, answer],
            "late": [lost(intent, "unknown"), answer],
        }
        records += [intent, *endings[ending]]
    found = write(shell, records) if records else store(shell)
    items = charges(found)
    total = account("", items)
    assert total.spent + total.held == DayLedger(found, DAY, None).total()
    assert len(items) == len(calls)
    known = [item for item in items if item.ending == "billed"]
    assert drift(items).difference == sum((item.spent - (item.reserved or 0) for item in known), Decimal(0))
