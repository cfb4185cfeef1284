"""How many pictures of one request are wanted, by whom, which of them goes on, and what a plan says of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from fakes.project import Ground
from pixmake.build.intent import Intent
from pixmake.digest import Digest, sha256_file
from pixmake.plan.entries import Verdict
from pixmake.plan.planner import Plan

HEAD = "version: 1\ndefaults: {model: m, size: auto}\nassets:\n"
HEN = HEAD + "  hen: {prompt: a hen, variants: 2}\n"
ASK = "variants: 2, pick: ask"


def built(folder: Path, spec: str = HEN) -> Ground:
    ground = Ground(folder, spec)
    ground.build()
    ground.painter.calls.clear()
    return ground


def verdict(plan: Plan, at: int = 0) -> Verdict:
    return plan.entries[at].verdict


def pool(ground: Ground) -> list[Digest]:
    key = verdict(ground.plan()).key
    assert key is not None
    return [item.digest for item in ground.project().store.results.pool(key).results]


def shown(ground: Ground) -> Digest:
    return sha256_file(ground.root / "assets/hen.png")


# --- how many ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "images"),
    [((1, 1), (1, 0)), ((1, 3), (1, 2)), ((3, 1), (3, 0)), ((1, 3, 2, 3), (1, 2, 0, 0)), ((2, 1, 3), (2, 0, 1))],
)
def test_equal_requests_need_the_largest_of_their_numbers(
    tmp_path: Path, wanted: Sequence[int], images: Sequence[int]
) -> None:
    """Each pays for what those before it did not order, and who pays for nothing says with whom it shares."""
    spec = "".join(f"  a{at}: {{prompt: a hen, variants: {count}}}\n" for at, count in enumerate(wanted))
    ground = Ground(tmp_path, HEAD + spec)
    plan = ground.plan()
    assert [entry.verdict.images for entry in plan.entries] == list(images)
    assert [entry.reason for entry in plan.entries] == [
        "never bought" if count else "shares the request of 'a0'" for count in images
    ]
    assert (plan.totals.images, plan.totals.cost.high) == (max(wanted), max(wanted) * ground.painter.price)  # type: ignore[operator]
    report = ground.build()
    assert (report.exit_code, ground.sent(), report.spent) == (0, max(wanted), plan.totals.cost.high)


@pytest.mark.parametrize(("count", "said"), [(3, "1 more variant wanted"), (8, "6 more variants wanted")])
def test_more_of_them_are_bought_beside_those_that_are_there(tmp_path: Path, count: int, said: str) -> None:
    ground = built(tmp_path)
    there = pool(ground)
    ground.edit("variants: 2", f"variants: {count}")
    found = verdict(ground.plan())
    assert (found.state, found.reason, found.images, found.requests) == ("pay", said, count - 2, (count + 1) // 4)
    assert (found.pinned, found.picked, found.asking) == (tuple(there), there[0], False)
    assert (found.causes, found.differences) == (("more variants",), ())
    assert found.artifact is not None and found.artifact.identity == there[0]
    assert (ground.build().exit_code, ground.sent()) == (0, count - 2)
    assert pool(ground)[:2] == there and shown(ground) == there[0]


def test_fewer_of_them_change_nothing(tmp_path: Path) -> None:
    ground = built(tmp_path)
    ground.edit("variants: 2", "variants: 1")
    found = verdict(ground.plan())
    assert (found.state, found.pinned, ground.build().exit_code, ground.sent()) == ("fresh", tuple(pool(ground)), 0, 0)


def test_what_changed_is_told_of_each_field(tmp_path: Path) -> None:
    ground = Ground(
        tmp_path, HEAD + "  hen: {prompt: a hen, references: [straw.png], quality: low, edits: [at night]}\n"
    )
    ground.picture("straw.png")
    ground.build()
    ground.picture("straw.png", color="blue")
    ground.edit("a hen", "a cow")
    ground.edit("quality: low", "quality: high")
    plan = ground.plan()
    found = verdict(plan)
    assert len(found.differences) == 3
    assert found.reason == "changed: " + "; ".join(str(item) for item in found.differences)
    assert all(word in found.reason for word in ("prompt ‘hen’→‘cow’", "straw.png ", "quality low→high"))
    assert len(found.causes) == 3 and found.causes == verdict(plan, 1).causes
    assert [(group.images, group.cause) for group in plan.groups] == [(2, "; ".join(found.causes))]


def test_what_a_step_was_bought_with_is_known_by_its_number_and_without_the_lock(tmp_path: Path) -> None:
    ground = built(tmp_path, HEAD + "  hen: {prompt: a hen, edits: [at night]}\n  cow: {prompt: a cow}\n")
    ground.edit("at night", "in snow")
    for _ in range(2):
        plan = ground.plan()
        assert [entry.state for entry in plan.entries] == ["fresh", "pay", "fresh"]
        assert verdict(plan, 1).reason == "changed: prompt ‘at night’→‘in snow’"
        (ground.root / "assets.lock").unlink(missing_ok=True)


# --- which of them -----------------------------------------------------------------------------------------------------


def test_the_pick_of_a_person_goes_on_with_and_without_the_lock(tmp_path: Path) -> None:
    ground = built(tmp_path)
    first, second = pool(ground)
    assert (verdict(ground.plan()).picked, shown(ground)) == (first, first)
    Intent(ground.project()).pick("hen", 2)
    ground.build()
    for _ in range(2):
        found = verdict(ground.plan())
        assert (found.picked, found.asking, found.reason, shown(ground)) == (second, False, "bought", second)
        (ground.root / "assets.lock").unlink(missing_ok=True)
    assert (ground.build(yes=False).exit_code, ground.sent(), shown(ground)) == (0, 0, second)


def test_a_pick_is_of_the_request_it_was_made_for(tmp_path: Path) -> None:
    ground = built(tmp_path)
    old = pool(ground)
    Intent(ground.project()).pick("hen", 2)
    ground.build()
    ground.edit("a hen", "a cow")
    found = verdict(ground.plan())
    assert (found.pinned, found.picked) == ((), None)
    ground.build()
    new = pool(ground)
    assert (verdict(ground.plan()).picked, shown(ground), set(new) & set(old)) == (new[0], new[0], set())
    ground.edit("a cow", "a hen")
    assert (verdict(ground.plan()).picked, ground.build(yes=False).exit_code, shown(ground)) == (old[1], 0, old[1])


def test_the_lock_that_stands_there_says_more_than_what_was_picked_last(tmp_path: Path) -> None:
    """A lock of another branch, or of a colleague: what is approved is in git."""
    ground = built(tmp_path)
    first, second = pool(ground)
    lock = ground.root / "assets.lock"
    Intent(ground.project()).pick("hen", 2)
    ground.build()
    approved = lock.read_text()
    Intent(ground.project()).pick("hen", 1)
    ground.build()
    assert shown(ground) == first
    lock.write_text(approved)
    assert verdict(ground.plan()).picked == second
    assert (ground.build(yes=False).exit_code, ground.sent(), shown(ground)) == (0, 0, second)


def test_whoever_has_chosen_is_not_asked_again(tmp_path: Path) -> None:
    ground = built(tmp_path, HEN.replace("variants: 2", f"{ASK}, edits: [at night]"))
    assert verdict(ground.plan()).asking
    Intent(ground.project()).pick("hen#0", 2)
    plan = ground.plan()
    assert (verdict(plan).asking, verdict(plan).picked, verdict(plan).reason) == (False, pool(ground)[1], "bought")
    assert (plan.entries[1].state, ground.build().exit_code, ground.painter.prompts) == ("pay", 0, ["at night"])


@pytest.mark.parametrize("number", [1, 2])
def test_a_number_counts_in_the_lock_s_order(tmp_path: Path, number: int) -> None:
    ground = built(tmp_path)
    lock = ground.root / "assets.lock"
    head, line = lock.read_text().splitlines()
    fields = json.loads(line)
    turned = fields["steps"][0]["variants"][::-1]
    fields["steps"][0]["variants"] = turned
    lock.write_text(f"{head}\n{json.dumps(fields)}\n")
    ground.edit("variants: 2", f"variants: 2, pick: {number}")
    found = verdict(ground.plan())
    assert (list(found.pinned), found.picked) == (turned, turned[number - 1])
    ground.build()
    assert shown(ground) == turned[number - 1]


def test_a_number_of_one_that_is_on_order_has_no_picture_yet(tmp_path: Path) -> None:
    ground = built(tmp_path)
    ground.edit("variants: 2", "variants: 3, pick: 3")
    found = verdict(ground.plan())
    assert (found.state, found.artifact, found.picked, found.images) == ("pay", None, None, 1)
    assert ground.build().exit_code == 0
    assert shown(ground) == pool(ground)[2]


def test_a_number_that_nobody_ordered_buys_nothing(tmp_path: Path) -> None:
    ground = built(tmp_path)
    ground.edit("variants: 2", "variants: 3, pick: 4")
    plan = ground.plan()
    assert (verdict(plan).state, verdict(plan).images) == ("blocked", 0)
    assert verdict(plan).reason == "pick: 4 is beyond its 3 variants"
    assert [item.code for item in plan.problems] == ["pick-beyond-variants"]


# --- who asks ----------------------------------------------------------------------------------------------------------

ASKED = "the first of several: a pick is asked for"


@pytest.mark.parametrize(
    ("before", "said", "asks"),
    [
        ("variants: 2", "variants: 2", False),
        (ASK, ASK, True),
        (ASK, "variants: 1, pick: ask", True),
        (ASK, "variants: 2", False),
        ("variants: 1, pick: ask", "variants: 1, pick: ask", False),
        ("variants: 2, edits: [at night]", "variants: 2, edits: [at night]", True),
        (ASK, "variants: 1, edits: [at night]", False),
        (ASK, "variants: 2, pick: 1, edits: [at night]", False),
    ],
)
def test_who_has_to_choose(tmp_path: Path, before: str, said: str, asks: bool) -> None:
    ground = built(tmp_path, HEN.replace("variants: 2", before))
    ground.edit(before, said)
    plan = ground.plan()
    found, first = verdict(plan), pool(ground)[0]
    assert (found.state, found.asking, found.reason) == ("fresh", asks, ASKED if asks else "bought")
    assert found.picked == (None if asks else first)
    assert found.artifact is not None and found.artifact.identity == first
    if "edits" in said:
        assert plan.entries[1].state == ("waits" if asks else "pay")


def test_who_asks_goes_on_asking_while_more_is_bought(tmp_path: Path) -> None:
    ground = built(tmp_path, HEN.replace("variants: 2", ASK))
    ground.edit(ASK, "variants: 3, edits: [at night]")
    plan = ground.plan()
    found = verdict(plan)
    assert (found.state, found.asking, found.picked, found.images) == ("pay", True, None, 1)
    assert plan.entries[1].state == "waits"
    assert (ground.build().exit_code, ground.painter.prompts) == (3, ["a hen"])


@pytest.mark.parametrize("more", ["", ", pick: ask"])
def test_two_picks_of_a_merge_are_a_person_s_to_settle(tmp_path: Path, more: str) -> None:
    """Nothing is published or bought on either of them, and no further candidates."""
    ground = built(tmp_path)
    lock = ground.root / "assets.lock"
    fields = json.loads(lock.read_text().splitlines()[1])
    fields["steps"][0]["pick"] = fields["steps"][0]["variants"][1]
    lock.write_text(lock.read_text() + json.dumps(fields) + "\n")
    ground.edit("variants: 2", f"variants: 3{more}")
    found = verdict(ground.plan())
    assert (found.state, found.artifact, found.images) == ("conflict", None, 0)
    assert found.reason == "a merge left different picks; `pixmake pick` settles it"
    assert (ground.build().exit_code, ground.sent()) == (5, 0)
