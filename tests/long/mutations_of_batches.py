"""Batches on their way in and out: lines that must be watched."""

from __future__ import annotations

from long.mutation import Change, change

BATCHES: list[Change] = [
    change(
        "what is sent by batch is not written",
        "build/batching.py",
        "            await asyncio.to_thread(self.store.journal.append, *records)\n",
        "",
        "build/test_power_cuts.py::test_a_batch",
    ),
    change(
        "no intents are written before a batch",
        "build/batching.py",
        "admitted = set(self.cashier.day.admit(list(intents.values()))) if due else set()",
        "admitted = set(intents)",
        "build/test_power_cuts.py::test_a_batch",
    ),
    change(
        "a batch is sent although somebody was quicker",
        "build/batching.py",
        'if verdict.state == "pay" and verdict.images >= sum(item.order.count for item in own):',
        "if True:",
        "build/test_batch_quicker.py::test_what_was_bought_since_the_plan_is_not_handed_in",
    ),
    change(
        "a batch takes no locks of keys",
        "build/batching.py",
        "            locks.enter_context(self.store.journal.key_lock(key, timeout=0))\n",
        "            pass\n",
        "build/test_batch_quicker.py::test_what_another_process_is_buying_is_left_to_it",
    ),
    change(
        "a batch is made without its group's lock",
        "build/batching.py",
        "        with await asyncio.to_thread(_entered, group_lock(self.store, group)):\n",
        "        if True:\n",
        "build/test_batch_quicker.py::test_nobody_lets_go_of_a_batch_that_is_being_made",
    ),
    change(
        "a batch whose answer was lost was not taken",
        "build/batching.py",
        '            self._on_the_way(sent, None, f"{error.message}; {LOST}")\n        except ProviderError',
        "            await asyncio.to_thread(self._not_taken, sent, error)\n        except ProviderError",
        "build/test_batch_ends.py::test_a_batch_that_is_turned_away_or_whose_answer_is_lost",
    ),
    change(
        "a batch reserves nothing",
        "build/batching.py",
        "        reserved = self.runner.budget.reserve(order.price)\n",
        "        reserved = Decimal(0)\n",
        "build/test_batch_rules.py::test_half_is_reserved_and_half_is_settled",
    ),
    change(
        "a batch is reserved at the live price",
        "build/batching.py",
        "price=_part(order.price, share), previous",
        "price=order.price, previous",
        "build/test_batch_rules.py::test_half_is_reserved_and_half_is_settled",
    ),
    change(
        "the index is believed by a batch",
        "build/batching.py",
        "        self.runner.world.about_to_pay()\n",
        "",
        "build/test_money_paths.py::test_an_index_that_lost_what_was_bought_sends_no_batch",
    ),
    change(
        "a batch that was turned away stays sent",
        "build/batching.py",
        "        self.store.journal.append(*(failure_of(item, why, error.message, now) for item in intents))\n",
        "",
        "build/test_batch_ends.py::test_a_batch_that_is_turned_away_or_whose_answer_is_lost",
    ),
    change(
        "a batch names none of the unknown calls it replaces",
        "build/batching.py",
        "            again=order.again,\n",
        "",
        "build/test_batch_quicker.py::test_a_batch_names_the_unknown_calls_that_it_replaces",
    ),
    change(
        "the last look at a batch's keys is an old one",
        "build/batching.py",
        "            self.runner.world.refresh()\n            due",
        "            due",
        "build/test_batch_quicker.py::test_the_last_look_is_under_the_keys_own_lock",
    ),
    change(
        "what the day holds back is sent by batch",
        "build/batching.py",
        "            if item.line.intent in admitted:",
        "            if True:",
        "build/test_batch_quicker.py::test_money_that_was_taken_of_the_day_since_the_plan_is_not_handed_in",
    ),
    change(
        "answers of a batch are recorded before they are kept",
        "build/collecting.py",
        "        self.store.content.keep(*found.arrivals)\n"
        "        self.store.journal.append(Outcome(intent=intent.intent, key=intent.key, "
        "results=found.results, cost=end.cost))\n",
        "        self.store.journal.append(Outcome(intent=intent.intent, key=intent.key, "
        "results=found.results, cost=end.cost))\n"
        "        self.store.content.keep(*found.arrivals)\n",
        "build/test_power_cuts.py::test_a_batch",
    ),
    change(
        "another account lets a batch go",
        "build/collecting.py",
        "if not self._is_old(job) or not self.is_certain(job, provider):",
        "if not self._is_old(job):",
        "build/test_batch_rules.py::test_another_account_neither_finds_nor_lets_go",
    ),
    change(
        "a batch that is not there yet is let go",
        "build/collecting.py",
        "if not self._is_old(job) or not self.is_certain(job, provider):",
        "if not self.is_certain(job, provider):",
        "build/test_batch_quicker.py::test_a_batch_whose_answer_was_lost_may_still_come",
    ),
    change(
        "another batch's answers are taken",
        "build/collecting.py",
        "(found.group is not None and found.group != job.group)",
        "False",
        "build/test_batch_quicker.py::test_a_batch_that_carries_another_name_is_not_ours",
    ),
    change(
        "what a batch has not told yet is let go",
        "build/collecting.py",
        "        if waiting and told < _done(batch) and not self._is_late(batch):",
        "        if False:",
        "build/test_batch_ends.py::test_answers_that_come_later_than_the_end",
    ),
    change(
        "a line that comes twice is bought twice",
        "build/collecting.py",
        "                    intent = waiting.pop(line.intent, None)\n",
        "                    intent = waiting.get(line.intent)\n",
        "build/test_batch_ends.py::test_a_line_that_comes_twice_counts_once",
    ),
    change(
        "strange answers count as told",
        "build/collecting.py",
        "        return len(own.intersection(names))",
        "        return len(names)",
        "build/test_batch_lies.py::test_answers_to_calls_that_are_not_ours_prove_nothing",
    ),
    change(
        "a batch that ended early was billed to nobody",
        "build/collecting.py",
        '    if told < _done(batch):\n        return (\n            "unknown",',
        '    if told < _done(batch):\n        return (\n            "not-sent",',
        "build/test_batch_ends.py::test_a_line_that_is_missing_though_it_was_done_is_unknown",
    ),
    change(
        "two collect one batch",
        "build/collecting.py",
        '            with group_lock(self.store, job.group or ""):\n                calls',
        "            if True:\n                calls",
        "build/test_batch_rules.py::test_two_that_collect_at_once_collect_once",
    ),
    change(
        "what was collected meanwhile is collected again",
        "build/collecting.py",
        "                calls = self._still_open(job)\n",
        "                calls = list(job.calls)\n",
        "build/test_batch_quicker.py::test_what_was_collected_meanwhile_is_not_counted_again",
    ),
    change(
        "the name of a batch that was found is not written",
        "build/collecting.py",
        "            await asyncio.to_thread(self.store.journal.append, *names)\n",
        "",
        "build/test_batch_quicker.py::test_the_name_of_a_batch_that_was_found_is_written_down",
    ),
    change(
        "an error drops a paid answer",
        "build/collecting.py",
        "                    if isinstance(line.end, ProviderError):\n"
        "                        errors.setdefault(line.intent, line.end)\n"
        "                        continue\n",
        "                    if isinstance(line.end, ProviderError):\n"
        "                        errors.setdefault(line.intent, line.end)\n"
        "                        await self._ended(waiting, errors, gathered)\n"
        "                        continue\n",
        "build/test_batch_lies.py::test_an_answer_counts_whatever_error_is_told_of_the_same_call",
    ),
    change(
        "the answers of a full disk are lost",
        "build/collecting.py",
        "        await asyncio.to_thread(self.store.content.ensure_room, max(call.intent.count for call in calls))\n",
        "",
        "build/test_batch_lies.py::test_a_full_disk_leaves_the_batch_to_be_collected",
    ),
    change(
        "a batch that says nothing was not sent",
        "build/collecting.py",
        '    return "unknown", f"batch {batch.handle} ended ({batch.status}) and says nothing of it"',
        '    return "not-sent", "x"',
        "build/test_batch_quicker.py::test_a_batch_that_ended_and_counts_nothing_is_unknown",
    ),
    change(
        "a batch given up may be bought again",
        "build/collecting.py",
        'await self._failed(self._still_open(job), "unknown", message, Gathered())',
        'await self._failed(self._still_open(job), "not-sent", message, Gathered())',
        "build/test_batch_rules.py::test_a_lost_batch_can_be_given_up_but_not_at_once",
    ),
]
