"""A build that looks at a part of the spec, and a plan at the world: lines that must be watched."""

from __future__ import annotations

from long.mutation import Change, change

NARROWING: list[Change] = [
    change(
        "a record of another state of the spec is believed",
        "build/narrowing.py",
        "if settled is None or settled.spec != spec:",
        "if settled is None:",
        "cli/test_narrowing.py::test_a_record_of_another_state_of_the_spec_is_none",
    ),
    change(
        "what is used by others is built alone",
        "build/narrowing.py",
        "and not any(known.is_used(key) for key in found)",
        "and not all(known.is_used(key) for key in found)",
        "cli/test_narrowing.py::test_an_edit",
    ),
    change(
        "more of what another has is bought alone",
        "build/narrowing.py",
        "        and not any(entry.key and world.pool(entry.key).results for entry in plan.entries "
        'if entry.state == "pay")\n',
        "",
        "cli/test_narrowing.py::test_an_edit",
    ),
    change(
        "what is odd of several is bought beside",
        "build/narrowing.py",
        "and all(entry.state in CALM for entry in plan.entries)",
        "and any(entry.state in CALM for entry in plan.entries)",
        "cli/test_narrowing.py::test_with_pictures_that_are_held_all_is_looked_at",
    ),
    change(
        "a label that stands twice is not seen",
        "build/narrowing.py",
        "asset.family == asset.name\n",
        "True\n",
        "cli/test_narrowing.py::test_a_label_twice",
    ),
    change(
        "an asset that comes is an orphan that is not seen",
        "build/narrowing.py",
        "    if plan.orphans or any(item.state not in DONE",
        "    if any(item.state not in DONE",
        "cli/test_narrowing.py::test_with_orphans_all_is_looked_at",
    ),
    change(
        "what both texts end with is too much",
        "spec/narrowing.py",
        "min(len(old), len(new)) - same)",
        "max(len(old), len(new)) - same)",
        "spec/test_narrowed.py",
    ),
    change(
        "what follows the entries may be others",
        "spec/narrowing.py",
        "if start is None or len(old) - after > place.stop - (place.stop < len(old)):",
        "if start is None:",
        "spec/test_narrowed.py",
    ),
]
WORLD: list[Change] = [
    change(
        "a merge thaws a frozen picture",
        "plan/world.py",
        "any(line.frozen for line in self._lines(asset.name))",
        "all(line.frozen for line in self._lines(asset.name))",
        "plan/test_world.py::test_of_united_lines_one_that_is_frozen_keeps_the_picture",
    ),
    change(
        "a key whose lock is ours is in flight",
        "plan/world.py",
        "return key not in self.holding and self.store.journal.key_busy(key)",
        "return self.store.journal.key_busy(key)",
        "build/test_money_paths.py::test_what_another_process_sent_between_two_steps_and_got_no_answer_to_is_not_sent_again",
    ),
    change(
        "a profile has another's pick",
        "plan/world.py",
        "self.lock.alternatives(self.renames.get(asset, asset), self.profile)",
        "self.lock.alternatives(self.renames.get(asset, asset), None)",
        "plan/test_world.py::test_each_profile_has_its_own_pick",
    ),
    change(
        "an asset takes over a second line",
        "plan/world.py",
        "if len(free) == 1 and not self._lines(asset):",
        "if len(free) == 1:",
        "plan/test_world.py::test_an_asset_with_a_line_of_its_own_takes_over_none",
    ),
    change(
        "a person's own picture is forgotten with the lock",
        "plan/world.py",
        "self.store.results.last_pick(self.view.scope, asset, self.profile, key)",
        'self.store.results.last_pick("", asset, self.profile, key)',
        "plan/test_world.py::test_a_picture_of_ones_own_is_not_bought_though_the_lock_is_lost",
    ),
    change(
        "a turn goes on at another account",
        "plan/turns.py",
        'if earlier.api != "responses" or earlier.provider != step.provider:',
        'if earlier.api != "responses":',
        "build/test_turn_reasons.py::test_how_a_turn_is_told",
    ),
]
