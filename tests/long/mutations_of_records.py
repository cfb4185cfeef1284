"""The journal, what people decide, and what is sent again: lines that must be watched."""

from __future__ import annotations

from long.mutation import Change, change

JOURNAL: list[Change] = [
    change(
        "the journal is not flushed",
        "store/journal.py",
        "            os.fsync(descriptor)\n",
        "",
        "store/test_power_cut.py::test_an_appended_record_is_on_the_disk",
    ),
    change(
        "an unknown call is forgotten",
        "store/pool.py",
        "            if name not in self.done and self.unknown(name) and not self.collectable(item)\n",
        "            if False\n",
        "store/test_results.py::test_unknown_calls_are_listed_until_they_are_answered_or_sent_again",
    ),
    change(
        "a second done counts twice",
        "store/pool.py",
        "self.results += [result for result in record.results if result.digest not in known]",
        "self.results += record.results",
        "store/test_pool_ends.py::test_a_second_done_adds_what_the_first_one_lacked",
    ),
    change(
        "a live call can be collected",
        "store/pool.py",
        'if intent.route == "live" or (ended',
        "if (ended",
        "store/test_pool_ends.py::test_who_goes_on_at_a_provider",
    ),
    change(
        "a call in the background without a name can be collected",
        "store/pool.py",
        '        return intent.route == "batch" or intent.intent in self.handles',
        "        return True",
        "store/test_pool_ends.py::test_who_goes_on_at_a_provider",
    ),
    change(
        "what was sent again stays unknown",
        "store/pool.py",
        "            if item.intent not in replaced\n",
        "",
        "store/test_pool_ends.py::test_a_call_that_was_sent_again_is_settled_by_the_one_that_was_answered",
    ),
    change(
        "what was replaced by a call that failed is forgotten",
        "store/pool.py",
        "for name, item in self.intents.items() if name in self.done or self.unknown(name) for old in item.again",
        "for item in self.intents.values() for old in item.again",
        "store/test_pool_ends.py::test_a_call_that_was_sent_again_is_settled_by_the_one_that_was_answered",
    ),
    change(
        "a picture of one's own is everybody's",
        "store/pool.py",
        "return tuple(result for result in self.results if result.bought)",
        "return tuple(self.results)",
        "build/test_money_paths.py::test_a_picture_of_one_s_own_is_no_other_s_candidate",
    ),
    change(
        "a torn end takes the next record along",
        "store/journal.py",
        "        prefix = self._ended(descriptor, size)\n",
        '        prefix = b""\n',
        "store/test_journal.py::test_a_torn_end_is_not_read_and_the_next_append_loses_nothing",
    ),
    change(
        "a write that failed leaves half a line and says so",
        "store/journal.py",
        "                os.ftruncate(descriptor, size)\n",
        "                pass\n",
        "store/test_journal.py::test_a_full_disk_is_told_to_each_thread_that_shares_the_write",
    ),
    change(
        "one thread's full disk is told to nobody else",
        "store/journal.py",
        "            item.trouble, item.ended = trouble, True",
        "            item.ended = True",
        "store/test_journal.py::test_a_full_disk_is_told_to_each_thread_that_shares_the_write",
    ),
    change(
        "a damaged line is believed",
        "store/journal.py",
        "        if is_whole(line):\n",
        "        if line.endswith(b'}'):\n",
        "store/test_journal.py::test_a_damaged_line_in_the_middle_is_reported_and_the_others_survive",
    ),
    change(
        "two processes write at once",
        "store/journal.py",
        'with self.locks.hold("journal", timeout=APPEND_TIMEOUT, what="writes the journal"), writing(self.path):',
        "with writing(self.path):",
        "store/test_journal.py",
    ),
    change(
        "an open call is closed by another",
        "store/journal.py",
        "            elif isinstance(record, Outcome | Failure) and record.intent:\n"
        "                found.pop(record.intent, None)",
        "            elif isinstance(record, Outcome | Failure) and record.intent:\n                found.clear()",
        "store/test_journal.py::test_open_intents_are_those_without_outcome",
    ),
    change(
        "a checksum is not looked at",
        "store/records.py",
        "    return end is not None and end[1] == _sum(line[: end.start()])",
        "    return end is not None",
        "store/test_journal.py::test_one_flipped_bit_anywhere_in_a_line_is_noticed",
    ),
    change(
        "a newer word for an end is a failure",
        "store/records.py",
        'why=why if why in WHYS else "unknown",',
        'why=why if why in WHYS else "failed",',
        "store/test_record_lines.py::test_words_of_newer_versions_are_read_as_what_never_pays_again",
    ),
    change(
        "a journal that was put back is not noticed",
        "store/journal.py",
        "if inode != reading.inode or data[:known].hex() != reading.seam:",
        "if inode != reading.inode:",
        "store/test_index_of_another.py::test_a_journal_that_was_put_back_while_somebody_looks_is_noticed",
    ),
    change(
        "an index of another journal is believed",
        "store/results.py",
        "if known is None or self._journal.seam(known.end) != known.seam:",
        "if known is None:",
        "store/test_index_of_another.py",
    ),
    change(
        "what a failure cost is forgotten",
        "store/records.py",
        'bill=_money(body.get("bill")),',
        "bill=None,",
        "store/test_record_lines.py::test_every_field_comes_back",
    ),
]
VERBS: list[Change] = [
    change(
        "a sample is written into the lock",
        "build/migrating.py",
        "by_name=True, recorded=False, on_event",
        "by_name=True, on_event",
        "cli/test_cli_migrate.py::test_a_sample_is_bought_once_and_moves_nothing",
    ),
    change(
        "nobody is frozen by a move",
        "build/migrating.py",
        "frozen = Intent(self.project).freeze(move.staying) if move.staying else []",
        "frozen = []",
        "cli/test_cli_migrate.py::test_the_move_changes_only_the_names_and_freezes_what_was_not_meant",
    ),
    change(
        "frozen assets move",
        "build/migrating.py",
        "chosen = [asset for asset in using if asset.name not in frozen]",
        "chosen = using",
        "cli/test_cli_migrate.py::test_frozen_assets_do_not_move",
    ),
    change(
        "the spec moves before its neighbours are frozen",
        "build/migrating.py",
        "        frozen = Intent(self.project).freeze(move.staying) if move.staying else []\n"
        "        for path, text in texts.items():\n"
        "            with writing(path):\n"
        "                replace_file(path, text, mode=path.stat().st_mode & 0o777)\n",
        "        for path, text in texts.items():\n"
        "            with writing(path):\n"
        "                replace_file(path, text, mode=path.stat().st_mode & 0o777)\n"
        "        frozen = Intent(self.project).freeze(move.staying) if move.staying else []\n",
        "build/test_money_paths.py::test_a_spec_does_not_move_where_its_neighbours_can_t_be_frozen",
    ),
    change(
        "a move reaches what was not selected",
        "build/migrating.py",
        "if asset.name in names else asset for asset in self.project.assets)",
        "for asset in self.project.assets)",
        "cli/test_cli_migrate.py",
    ),
    change(
        "an adopted picture is everybody's",
        "build/intent.py",
        'result = self._kept(file, "human", target)',
        'result = self._kept(file, "api", target)',
        "build/test_money_paths.py::test_a_picture_of_one_s_own_is_no_other_s_candidate",
    ),
    change(
        "an adoption is not written",
        "build/intent.py",
        "        self.project.store.journal.append(outcome)\n",
        "",
        "build/test_intent.py::test_adopt_takes_a_file_of_ones_own_and_builds_on_it",
    ),
    change(
        "an adopted picture is not kept",
        "build/intent.py",
        "            digest=self.project.store.content.put(data),\n",
        '            digest=__import__("pixmake.digest").digest.sha256_bytes(data),\n',
        "build/test_power_cuts.py::test_what_a_person_adopts_and_accepts",
    ),
    change(
        "an accepted picture is everybody's",
        "build/intent.py",
        'source="accepted", cost',
        'source="api", cost',
        "build/test_intent.py::test_what_one_project_accepts_or_adopts_no_other_sees",
    ),
    change(
        "an accepted picture costs once more",
        "build/intent.py",
        'source="accepted", cost=Decimal(0), ',
        'source="accepted", ',
        "build/test_accepted_costs.py",
    ),
    change(
        "accepting binds nothing",
        "build/intent.py",
        "        point(self.project, target, old.pick or old.variants[0], old.variants)\n",
        "",
        "build/test_intent.py::test_accept_binds_new_keys_to_the_old_pictures_of_the_whole_chain",
    ),
    change(
        "freezing writes nothing",
        "build/intent.py",
        "        change_lock(self.project.root, keep, known=plan.world.lock, decided=True)\n",
        "",
        "build/test_intent.py::test_freeze_keeps_and_unfreeze_lets_go",
    ),
    change(
        "anything can be adopted",
        "build/intent.py",
        "        return data, believed(data)\n",
        "        from pixmake.imaging.probe import probe_bytes\n        return data, probe_bytes(data)\n",
        "build/test_intent.py::test_a_file_that_is_no_whole_picture_is_neither_accepted_nor_adopted",
    ),
]
SENDING: list[Change] = [
    change(
        "a gateway's error is sent again",
        "providers/openai/errors.py",
        "if status in (500, 503) and is_own:",
        "if status in (500, 502, 503):",
        "providers/openai/test_openai_errors.py::test_each_row_of_the_table",
    ),
    change(
        "a request that timed out is sent again",
        "providers/openai/errors.py",
        "        if isinstance(cause, httpx2.TimeoutException | TimeoutError):\n            return self.lost(",
        "        if isinstance(cause, httpx2.TimeoutException | TimeoutError):\n            return Busy(",
        "providers/openai/test_openai_errors.py::test_each_row_of_the_table",
    ),
    change(
        "the SDK sends again by itself",
        "providers/openai/clients.py",
        '"max_retries": 0',
        '"max_retries": 2',
        "providers/openai/test_openai_errors.py::test_each_row_of_the_table",
    ),
]
