"""One line changed in each path that money takes: the suite must notice each of them.

    python -m pytest -m long tests/long/test_money_mutations.py

Each case names a line of the package, what stands there in its place, and the tests of the suite that are to fail then. They run
in a process of their own on a changed copy of the package. What else a tool for mutations found is in docs/trust.md.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "pixmake"

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@dataclass(frozen=True, slots=True)
class Change:
    """`new` for `old`, which stands once in `file` (below the package); `tests` (below tests/) must not all pass then."""

    says: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def change(says: str, file: str, old: str, new: str, *tests: str) -> Change:
    return Change(says, file, old, new, tests)


KEYS = [
    change(
        "a field is not in the key", "plan/keys.py",
        'WHEN_SET = ("responses_model", "quality", ', 'WHEN_SET = ("responses_model", ', "plan/test_keys.py",
    ),
    change(
        "keys have another label", "plan/keys.py",
        'KEY_LABEL = "pixmake-key/1"', 'KEY_LABEL = "pixmake-key/2"', "plan/test_keys.py",
    ),
    change(
        "the order of inputs is not in the key", "plan/keys.py",
        "[[item.kind, item.identity] for item in request.inputs]",
        "sorted([item.kind, item.identity] for item in request.inputs)", "plan/test_keys.py",
    ),
    change(
        "a recipe says which version made it", "plan/keys.py",
        'return {"op": "fence", ', 'return {"op": "fence", "version": 1, ', "plan/test_recipes.py",
    ),
]  # fmt: skip
PLAN = [
    change(
        "what is unknown is bought again", "plan/judge.py",
        "if unknown and not self.world.may_repeat:", "if False:", "cli/test_cli_weather.py",
    ),
    change(
        "what was refused is asked again", "plan/judge.py",
        "        if refusal is not None:", "        if False:", "cli/test_cli_weather.py",
    ),
    change(
        "nobody is asked for consent", "build/orders.py",
        "    if not consent.given:\n", "    if False:\n", "cli/test_cli_build.py",
    ),
    change(
        "several pictures cost as much as one", "providers/models.py",
        "high=count * (high +", "high=1 * (high +", "providers/test_models.py",
    ),
]  # fmt: skip
JOURNAL = [
    change(
        "no intent is written", "build/paying.py",
        "if not await self._intents.do(intent):", "if False:", "cli/test_cli_costs.py",
    ),
    change(
        "no end of a call is written", "build/paying.py",
        "        await self._records.do(failure)\n", "", "cli/test_cli_weather.py",
    ),
    change(
        "no purchase is written", "build/receiving.py",
        "        store.journal.append(*map(_outcome, deliveries))\n", "", "build/test_corridor.py",
    ),
    change(
        "the record comes before the bytes", "build/receiving.py",
        "        store.content.keep(*(arrival for item in deliveries for arrival in item.found.arrivals))\n"
        "        store.journal.append(*map(_outcome, deliveries))\n",
        "        store.journal.append(*map(_outcome, deliveries))\n"
        "        store.content.keep(*(arrival for item in deliveries for arrival in item.found.arrivals))\n",
        "build/test_receiving.py",
    ),
    change(
        "the journal is not flushed", "store/journal.py",
        "            os.fsync(descriptor)\n", "", "store/test_journal.py",
    ),
    change(
        "a picture is not flushed", "store/landing.py",
        "        os.fsync(self._descriptor)\n", "", "store/test_content.py",
    ),
    change(
        "a call whose process died was never sent", "build/recover.py",
        'why="unknown", message=DIED', 'why="not-sent", message=DIED', "cli/test_cli_weather.py", "build/test_crash.py",
    ),
    change(
        "the index is believed before the journal", "plan/world.py",
        "            self.store.results.replay()\n", "", "build/test_corridor.py", "store/test_results.py",
    ),
    change(
        "an unknown call is forgotten", "store/pool.py",
        "            if name not in self.done and self.unknown(name) and not self.collectable(item)\n",
        "            if False\n", "store/test_results.py",
    ),
    change(
        "what is sent by batch is not written", "build/batching.py",
        "            await asyncio.to_thread(self.store.journal.append, *records)\n", "", "build/test_batch.py",
    ),
]  # fmt: skip
BUDGET = [
    change(
        "the low price is reserved", "build/budget.py",
        "            self.reserved += price.high\n", "            self.reserved += price.low\n", "build/test_budget.py",
    ),
    change(
        "money is settled before the picture is safe", "build/paying.py",
        "        await self._deliveries.do(delivery)\n"
        "        cost = self._settled(intent, reserved, answer.cost)\n",
        "        cost = self._settled(intent, reserved, answer.cost)\n"
        "        await self._deliveries.do(delivery)\n", "build/test_receiving.py",
    ),
    change(
        "a cap holds for each call alone", "build/budget.py",
        "self.spent + self.reserved + amount <= self.consent.cap", "amount <= self.consent.cap", "build/test_budget.py",
    ),
    change(
        "a day's cap forgets what is in flight", "build/budget.py",
        "                    left -= intent.reserved or ZERO\n", "", "build/test_budget.py", "build/test_many_builders.py",
    ),
    change(
        "a batch costs less than half", "providers/openai/ordering.py",
        'HALF = Decimal("0.5")', 'HALF = Decimal("0.4")', "build/test_batch.py",
    ),
]  # fmt: skip
LOCKS = [
    change(
        "two builders buy one request", "build/paying.py",
        "                stack.enter_context(self.store.journal.key_lock(key, timeout=0))\n", "",
        "build/test_many_builders.py",
    ),
    change(
        "nobody looks again under the key's lock", "build/runner.py",
        "planned, verdict = verdict, self._seen_again(action, verdict)", "planned = verdict",
        "build/test_many_builders.py",
    ),
    change(
        "what lives is taken for dead", "build/recover.py",
        "            with store.journal.key_lock(intent.key, timeout=0):\n", "            if True:\n",
        "build/test_many_builders.py",
    ),
    change(
        "merged locks lose candidates", "store/lockfile.py",
        "        variants |= dict.fromkeys(other.variants)\n", "        pass\n", "store/test_lockfile.py",
    ),
]  # fmt: skip
SENDING = [
    change(
        "a gateway's error is sent again", "providers/openai/errors.py",
        "if status in (500, 503) and is_own:", "if status in (500, 502, 503):", "providers/openai/test_openai_errors.py",
    ),
    change(
        "a request that timed out is sent again", "providers/openai/errors.py",
        "        if isinstance(cause, httpx2.TimeoutException | TimeoutError):\n            return self.lost(",
        "        if isinstance(cause, httpx2.TimeoutException | TimeoutError):\n            return Busy(",
        "providers/openai/test_openai_errors.py",
    ),
    change(
        "the SDK sends again by itself", "providers/openai/clients.py",
        '"max_retries": 0', '"max_retries": 2', "providers/openai/test_openai_errors.py",
    ),
]  # fmt: skip
CHANGES = [*KEYS, *PLAN, *JOURNAL, *BUDGET, *LOCKS, *SENDING]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, to be changed."""
    folder = tmp_path_factory.mktemp("mutated") / "src"
    shutil.copytree(PACKAGE, folder / "pixmake", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def passes(source: Path, tests: Iterable[str]) -> bool:
    """Whether these tests pass on the package in `source`."""
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(source), str(ROOT / "tests")]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    where = subprocess.run(
        [sys.executable, "-c", "import pixmake; print(pixmake.__file__)"],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(source), "the changed copy is what runs"
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-o", "addopts=-m 'not long'"]
    ended = subprocess.run(
        [*words, *(f"tests/{name}" for name in tests)], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert ended.returncode in (0, 1), ended.stdout + ended.stderr
    return ended.returncode == 0


def test_unchanged_all_of_them_pass(copy: Path) -> None:
    assert passes(copy, sorted({name for item in CHANGES for name in item.tests}))


@pytest.mark.parametrize("item", CHANGES, ids=lambda item: item.says.replace(" ", "-"))
def test_the_suite_notices(copy: Path, item: Change) -> None:
    path = copy / "pixmake" / item.file
    text = path.read_text("utf-8")
    assert text.count(item.old) == 1, f"{item.file} has changed: say anew which line"
    path.write_text(text.replace(item.old, item.new), "utf-8")
    try:
        assert not passes(copy, item.tests), f"nobody noticed: {item.says}"
    finally:
        path.write_text(text, "utf-8")
