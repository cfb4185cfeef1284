"""Calls and steps from the intent to the picture, and what recovery makes of them: lines that must be watched."""

from __future__ import annotations

from long.mutation import Change, change

CALLS: list[Change] = [
    change(
        "no intent is written",
        "build/paying.py",
        "if not await self._intents.do(intent):",
        "if False:",
        "build/test_power_cuts.py::test_a_build",
    ),
    change(
        "no end of a call is written",
        "build/paying.py",
        "        await self._records.do(failure)\n",
        "",
        "build/test_power_cuts.py::test_how_a_call_ended_is_on_the_disk",
    ),
    change(
        "no purchase is written",
        "build/receiving.py",
        "            store.journal.append(*(_outcome(item, found) for item, found in whole))\n",
        "",
        "build/test_power_cuts.py::test_a_build",
    ),
    change(
        "the record comes before the bytes",
        "build/receiving.py",
        "            store.content.keep(*(arrival for _, found in whole for arrival in found.arrivals))\n"
        "            store.journal.append(*(_outcome(item, found) for item, found in whole))\n",
        "            store.journal.append(*(_outcome(item, found) for item, found in whole))\n"
        "            store.content.keep(*(arrival for _, found in whole for arrival in found.arrivals))\n",
        "build/test_receiving.py::test_a_picture_that_the_store_can_t_take_stays_reserved_and_is_taken_later",
    ),
    change(
        "money is settled before the picture is safe",
        "build/paying.py",
        "        found = await self._deliveries.do(delivery)\n",
        "        self._settled(intent, reserved, answer.cost)\n        found = await self._deliveries.do(delivery)\n",
        "build/test_receiving.py::test_a_picture_that_the_store_can_t_take_stays_reserved_and_is_taken_later",
    ),
    change(
        "two builders buy one request",
        "build/paying.py",
        "                stack.enter_context(self.store.journal.key_lock(key, timeout=0))\n",
        "",
        "build/test_many_builders.py::test_equal_requests_of_four_processes_are_bought_once",
    ),
    change(
        "an unknown call gives its reservation back",
        "build/paying.py",
        'if not is_billed and why != "unknown" and reserved is not None:',
        "if not is_billed and reserved is not None:",
        "build/test_paying_ends.py::test_what_was_sent_and_brought_nothing_is_unknown",
    ),
    change(
        "what is held by the day stays reserved by the build",
        "build/paying.py",
        "            if not await self._intents.do(intent):\n                self.budget.release(reserved)\n",
        "            if not await self._intents.do(intent):\n",
        "build/test_money_paths.py::test_money_that_another_build_took_of_the_day_is_not_spent_and_not_kept",
    ),
    change(
        "an intent does not say what it replaces",
        "build/paying.py",
        "            again=order.again,\n",
        "",
        "build/test_paying_ends.py::test_what_is_sent_again_names_what_it_replaces",
    ),
    change(
        "the id of a call in the background is not written",
        "build/paying.py",
        "        await self._records.do(sent)\n",
        "",
        "build/test_power_cuts.py::test_turns_in_the_background",
    ),
    change(
        "an input is not kept",
        "build/paying.py",
        "            path = self.store.content.path(self.store.content.put(path))\n",
        "            pass\n",
        "build/test_power_cuts.py::test_a_picture_that_is_none_is_kept_aside",
    ),
    change(
        "calls go on when the quota is gone",
        "build/paying.py",
        "            self.limits.halt(order.painter.name)  # before anybody",
        "            pass  # before anybody",
        "build/test_corridor.py::test_a_provider_that_stops_leaves_free_work_and_other_providers_at_it",
    ),
    change(
        "calls go on after a failure with --fail-fast",
        "build/paying.py",
        "        if self.fail_fast and isinstance",
        "        if False and isinstance",
        "build/test_stopping.py::test_fail_fast_sends_nothing_after_a_failure",
    ),
    change(
        "an answer without a picture may be asked for again",
        "build/paying.py",
        'self._failure(intent, "unknown", message, answer.request_id, order)',
        'self._failure(intent, "failed", message, answer.request_id, order)',
        "build/test_power_cuts.py::test_a_picture_that_is_none_is_kept_aside",
    ),
    change(
        "room on the disk is not looked at",
        "build/paying.py",
        "        self.store.content.ensure_room(max(intent.count for intent in intents))\n",
        "",
        "build/test_paying_ends.py::test_without_room_for_pictures_none_is_sent",
    ),
    change(
        "a provider that breaks down has sent nothing",
        "build/paying.py",
        '            end = Unknown(text, help="it may have been billed, and is a fault of the '
        'provider: tell its makers")',
        "            end = Busy(text)",
        "cli/test_cli_weather.py::test_a_bug_in_a_provider_shows_no_key",
    ),
    change(
        "what broke down was billed to nobody",
        "build/paying.py",
        "reserved=None if order.price is None else reserved",
        "reserved=None",
        "build/test_money_paths.py::test_each_call_s_reservation_is_on_record",
    ),
    change(
        "a forgotten conversation is asked for again in vain",
        "build/paying.py",
        "                order = replace(order, previous=None)  # the same",
        "                pass  # the same",
        "build/test_conversations.py::test_a_forgotten_conversation_is_told_again_at_once",
    ),
    change(
        "what another build reserved is this one's",
        "build/paying.py",
        "        if reserved is not None:\n            return self.budget.settle(reserved, cost)\n",
        "        return self.budget.settle(reserved or Decimal(0), cost)\n",
        "build/test_conversations.py::test_a_collected_call_is_none_of_this_builds_money",
    ),
    change(
        "a paid call that failed is not billed",
        "build/paying.py",
        'is_billed = error.bill is not None and why in ("refused", "failed")',
        "is_billed = False",
        "build/test_conversations.py::test_words_are_paid_for_and_no_picture",
    ),
    change(
        "anything that came is a picture",
        "build/receiving.py",
        "    if isinstance(data, bytes):\n        return believed(data)\n",
        "    if isinstance(data, bytes):\n"
        "        from pixmake.imaging.probe import probe_bytes\n"
        "        return probe_bytes(data)\n",
        "build/test_paying_ends.py::test_what_was_sent_and_brought_nothing_is_unknown",
    ),
    change(
        "anything that came through a file is a picture",
        "imaging/wholeness.py",
        "        self._png.check()\n",
        "",
        "build/test_receiving.py::test_a_picture_with_a_wrong_byte_is_none_however_it_came",
    ),
    change(
        "a trouble of one picture is that of all who came with it",
        "build/receiving.py",
        "    except Problem as trouble:\n        return trouble\n",
        "    except Problem:\n        raise\n",
        "build/test_receiving.py::test_one_that_can_t_be_made_safe_takes_nobody_along",
    ),
    change(
        "a record does not say what was billed",
        "build/receiving.py",
        "results=found.results, cost=item.answer.cost)",
        "results=found.results)",
        "build/test_receiving.py::test_a_picture_and_a_refusal_are_settled_when_they_are_written_down",
    ),
]
STEPS: list[Change] = [
    change(
        "nobody looks again under the key's lock",
        "build/runner.py",
        "planned, verdict = verdict, self._seen_again(action, verdict)",
        "planned = verdict",
        "build/test_money_paths.py::test_what_another_process_bought_between_two_steps_is_found_under_the_lock",
    ),
    change(
        "a build pays more than its plan",
        "build/runner.py",
        '        if verdict.state == "pay" and more:',
        "        if False:",
        "build/test_paying_ends.py::test_a_step_that_turns_out_dearer_than_its_plan_is_held",
    ),
    change(
        "what came to nothing is bought at once",
        "build/runner.py",
        'if verdict.state == "pay" and planned.state == "sent":',
        "if False:",
        "build/test_money_paths.py::test_what_came_to_nothing_is_no_reason_to_buy_it_in_the_same_build",
    ),
    change(
        "what failed for one is sent for another",
        "build/runner.py",
        "        if (before := self._missed.get(verdict.key)) is not None:\n"
        "            return replace(before, made=0, cost=None)\n",
        "",
        "build/test_shared_requests.py::test_what_did_not_come_for_one_is_not_sent_again_for_another",
    ),
    change(
        "the index is believed by who is about to pay",
        "build/runner.py",
        "        self.world.about_to_pay()\n",
        "",
        "build/test_money_paths.py::test_an_index_that_lost_what_was_bought_makes_nobody_pay",
    ),
    change(
        "the journal is not read again under the lock",
        "build/runner.py",
        "                self.world.refresh()\n                planned",
        "                planned",
        "build/test_money_paths.py::test_what_another_process_bought_between_two_steps_is_found_under_the_lock",
    ),
    change(
        "a call does not name the unknown one it replaces",
        "build/runner.py",
        "again=self.world.unanswered(verdict.key) if self._repeats(action) else (),",
        "again=(),",
        "build/test_paying_ends.py::test_what_is_sent_again_names_what_it_replaces",
    ),
    change(
        "pictures are ordered by the plan's count for ever",
        "build/runner.py",
        "for count in chunks(painter, verdict.request, verdict.images, self.world.view.partials):",
        "for count in chunks(painter, verdict.request, verdict.images, 0):",
        "build/test_streaming_builds.py",
    ),
    change(
        "a call that failed is followed by the next one",
        "build/runner.py",
        "            if receipt.why is not None:\n                break\n",
        "",
        "build/test_paying_ends.py::test_a_call_of_several_that_fails_is_the_last",
    ),
    change(
        "the lock waits for the end of the build",
        "build/runner.py",
        "        await self.on_pictures(action.asset.name)\n",
        "",
        "build/test_paying_ends.py::test_the_lock_names_each_picture_before_the_next_is_asked_for",
    ),
    change(
        "whoever was first in the plan is first for ever",
        "build/runner.py",
        "is_first = is_all and self.world.pool(verdict.key) == Pool(key=verdict.key)",
        "is_first = is_all",
        "build/test_money_paths.py::test_what_another_process_bought_between_two_steps_is_found_under_the_lock",
    ),
]
RECOVERY: list[Change] = [
    change(
        "a call whose process died was never sent",
        "build/recover.py",
        'why="unknown", message=DIED',
        'why="not-sent", message=DIED',
        "build/test_recovering.py::test_of_which_nothing_came_is_unknown_and_not_sent_again",
    ),
    change(
        "what lives is taken for dead",
        "build/recover.py",
        "            with store.journal.key_lock(intent.key, timeout=0):\n",
        "            if True:\n",
        "build/test_recovering.py::test_whose_lock_is_held_is_alive",
    ),
    change(
        "what came under way meanwhile is taken for dead",
        "build/recover.py",
        "    if any(item.intent == intent for item in store.results.pool(intent.key).underway):\n        return 0",
        "    if False:\n        return 0",
        "build/test_batch_quicker.py::test_recovery_writes_nothing_of_a_batch_that_is_journaled_meanwhile",
    ),
    change(
        "what its own process finished is finished again",
        "build/recover.py",
        "    if all(item.intent != intent.intent for item in store.journal.open_intents()):\n        return 0",
        "    if False:\n        return 0",
        "build/test_recovering.py::test_that_was_alive_after_all_is_left_to_its_process",
    ),
    change(
        "what was recovered is recorded before it is kept",
        "build/recover.py",
        "        store.content.keep(*(arrival for arrival, _ in found))\n"
        "        results = tuple(result for _, result in found)\n"
        "        store.journal.append(Outcome(intent=intent.intent, key=intent.key, results=results))\n",
        "        results = tuple(result for _, result in found)\n"
        "        store.journal.append(Outcome(intent=intent.intent, key=intent.key, results=results))\n"
        "        store.content.keep(*(arrival for arrival, _ in found))\n",
        "build/test_recovering.py::test_what_is_saved_is_on_the_disk_before_it_is_recorded",
    ),
    change(
        "what came whole of a broken answer is left in the quarantine",
        "build/paying.py",
        '            why == "unknown"\n            and has_landed',
        "            False",
        "build/test_salvage.py::test_a_whole_picture_of_a_broken_answer_is_bought_once",
    ),
    change(
        "what a server refused after all is kept",
        "build/paying.py",
        '            why == "unknown"\n            and has_landed',
        "            has_landed",
        "build/test_salvage.py::test_what_was_certainly_not_made_is_not_looked_for",
    ),
    change(
        "what landed whole is not looked at",
        "build/recover.py",
        "    _land(store, intent)\n    found",
        "    found",
        "build/test_recovering.py::test_whose_picture_had_come_whole_is_done",
    ),
    change(
        "torn landings are pictures",
        "build/recover.py",
        "            believed(landing.read())\n",
        "            landing.read()\n",
        "build/test_recovering.py::test_whose_picture_is_torn_is_unknown_and_the_piece_is_kept",
    ),
]
