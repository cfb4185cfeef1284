"""What a picture is asked by, and what a plan says of it: lines that must be watched."""

from __future__ import annotations

import re

from long.mutation import Change, change

ALWAYS = 'ALWAYS = ("operation", "api", "kind", "provider", "model", "prompt", "size")'
WHEN_SET = 'WHEN_SET = ("responses_model", "quality", "background", "complexity", "input_fidelity", "salt")'


def fields_of(line: str) -> list[Change]:
    """Each field that a line lists, left out."""
    names = re.findall(r'"(\w+)"', line)
    without = {name: re.sub(rf'"{name}"(, )?', "", line).replace(", )", ")") for name in names}
    return [change(f"the {name} is not in the key", "plan/keys.py", line, without[name], TABLE) for name in names]


TABLE = "plan/test_keys.py::test_key_is_frozen"
KEYS: list[Change] = [
    *fields_of(ALWAYS),
    *fields_of(WHEN_SET),
    change(
        "keys have another label",
        "plan/keys.py",
        'KEY_LABEL = "pixmake-key/1"',
        'KEY_LABEL = "pixmake-key/2"',
        "plan/test_keys.py::test_key_is_frozen",
    ),
    change(
        "the order of inputs is not in the key",
        "plan/keys.py",
        "[[item.kind, item.identity] for item in request.inputs]",
        "sorted([item.kind, item.identity] for item in request.inputs)",
        "plan/test_keys.py::test_key_is_frozen",
    ),
    change(
        "a recipe says which version made it",
        "plan/keys.py",
        'return {"op": "fence", ',
        'return {"op": "fence", "version": 1, ',
        "plan/test_recipes.py::test_a_recipe_is_frozen",
    ),
    change(
        "options are not in the key",
        "plan/keys.py",
        "    if request.options:\n        fields",
        "    if False:\n        fields",
        "plan/test_keys.py::test_key_is_frozen",
    ),
    change(
        "inputs are not in the key",
        "plan/keys.py",
        "    if request.inputs:\n        fields",
        "    if False:\n        fields",
        "plan/test_keys.py::test_key_is_frozen",
    ),
    change(
        "what an input is for is not in the key",
        "plan/keys.py",
        "[[item.kind, item.identity] for",
        "[item.identity for",
        "plan/test_keys.py::test_key_is_frozen",
    ),
    change(
        "earlier prompts are not in the key",
        "plan/keys.py",
        "    if request.turns:\n        fields",
        "    if False:\n        fields",
        "plan/test_keys.py::test_key_is_frozen",
    ),
    change(
        "a fence forgets its feather",
        "plan/keys.py",
        '"mask": mask, "feather": feather}',
        '"mask": mask}',
        "plan/test_recipes.py::test_a_recipe_is_frozen",
    ),
    change(
        "a fence forgets its parent",
        "plan/keys.py",
        '"answer": answer, "parent": parent, ',
        '"answer": answer, ',
        "plan/test_recipes.py::test_a_recipe_is_frozen",
    ),
    change(
        "a mask forgets its size",
        "plan/keys.py",
        '"invert": invert, "size": f"{size[0]}x{size[1]}"}',
        '"invert": invert}',
        "plan/test_recipes.py::test_a_recipe_is_frozen",
    ),
    change(
        "a cut picture forgets its gravity",
        "plan/keys.py",
        '"fit": fit, "gravity": gravity}',
        '"fit": fit}',
        "plan/test_recipes.py::test_a_recipe_is_frozen",
    ),
    change(
        "roles are not sent",
        "plan/requests.py",
        'return "\\n".join([*roles, "", step.prompt]) if roles else step.prompt',
        "return step.prompt",
        "plan/test_prompts_sent.py",
    ),
    change(
        "the text of a key has no prompt",
        "plan/keys.py",
        "    return before + canonical_json(request.prompt) + after\n",
        "    return before + after\n",
        "plan/test_keys.py::test_key_is_frozen",
    ),
]
PLAN: list[Change] = [
    change(
        "what is unknown is bought again",
        "plan/judge.py",
        "if unknown and not self.world.may_repeat:",
        "if False:",
        "build/test_paying_ends.py::test_what_was_sent_and_brought_nothing_is_unknown",
    ),
    change(
        "what was refused is asked again",
        "plan/judge.py",
        "        if refusal is not None:",
        "        if False:",
        "build/test_conversations_refused.py::test_a_refusal",
    ),
    change(
        "several pictures cost as much as one",
        "providers/models.py",
        "high=count * (high +",
        "high=1 * (high +",
        "providers/test_models.py",
    ),
    change(
        "the index is believed before the journal",
        "plan/world.py",
        "            self.store.results.replay()\n",
        "",
        "build/test_money_paths.py::test_an_index_that_lost_what_was_bought_makes_nobody_pay",
    ),
    change(
        "the key names the deployment",
        "plan/judge.py",
        "build_request(step, painter.logical, size, identities(inputs), inputs.turns)",
        "build_request(step, painter.name, size, identities(inputs), inputs.turns)",
        "build/test_money_paths.py::test_moving_house_buys_nothing_again",
    ),
    change(
        "a chosen size is not kept",
        "plan/judge.py",
        "kept = pin.size if pin is not None and pin.written == step.size and pin.model == step.model else None",
        "kept = None",
        "build/test_money_paths.py::test_a_size_that_the_tool_chose_outlives_its_rule",
    ),
    change(
        "a conversation forgets its earlier prompts",
        "plan/judge.py",
        "identities(inputs), inputs.turns)",
        "identities(inputs), ())",
        "build/test_conversations.py::test_an_old_response_is_told_again_with_its_picture",
    ),
    change(
        "what is on its way is bought live",
        "plan/judge.py",
        '        if pool.underway:\n            return "sent"',
        '        if False:\n            return "sent"',
        "build/test_batch_rules.py::test_what_was_agreed_to_is_the_price_by_batch",
    ),
    change(
        "a draft feeds a paid request",
        "plan/judge.py",
        '        if any(getattr(item, "draft", False) for _, item in case.inputs.pictures()):\n'
        "            return Verdict(",
        "        if False:\n            return Verdict(",
        "plan/test_verdicts.py::test_a_draft_feeds_nothing_that_is_paid",
    ),
    change(
        "a frozen picture is bought anew",
        "plan/judge.py",
        "        if not self.world.frozen(asset) or pin is None",
        "        if True or pin is None",
        "build/test_corridor.py::test_a_frozen_asset_stays_when_its_request_changes",
    ),
    change(
        "a frozen fenced picture follows its mask",
        "plan/judge.py",
        "        if pin.shown is not None:",
        "        if False:",
        "build/test_corridor.py::test_a_frozen_fenced_picture_outlives_its_mask_and_its_parent",
    ),
    change(
        "more variants are all bought anew",
        "plan/judge.py",
        "missing = max(0, self._wanted(case, len(pinned)) - len(pinned))",
        "missing = self._wanted(case, len(pinned)) if self._wanted(case, len(pinned)) > len(pinned) else 0",
        "build/test_corridor.py::test_more_variants_buy_the_difference_and_fewer_delete_nothing",
    ),
    change(
        "equal requests are priced twice",
        "plan/judge.py",
        "ahead = min(missing, self.ordered.get(key, 0)) if self.planning else 0",
        "ahead = 0",
        "build/test_corridor.py::test_equal_requests_are_bought_once",
    ),
    change(
        "a conflict is settled in passing",
        "plan/judge.py",
        "        if case.conflict:\n",
        "        if False:\n",
        "build/test_corridor.py::test_a_conflict_of_picks_stays_one_until_a_person_picks",
    ),
    change(
        "another project's own picture is used",
        "plan/judge.py",
        "*(result.digest for result in pool.bought), *kept]",
        "*(result.digest for result in pool.results), *kept]",
        "build/test_intent.py::test_what_one_project_accepts_or_adopts_no_other_sees",
    ),
    change(
        "a moved pick pays for what was picked before",
        "plan/judge.py",
        "        last = self.world.last_pick(case.action.asset.name, case.key)\n"
        "        return last if last in pinned else None",
        "        return None",
        "build/test_intent.py::test_pick_repoints_for_nothing_and_survives_a_reverted_edit",
    ),
    change(
        "the lock's pick is not looked at",
        "plan/judge.py",
        "        if case.pin is not None and case.pin.key == case.key and case.pin.pick in pinned:\n"
        "            return case.pin.pick\n",
        "",
        "build/test_money_paths.py::test_the_lock_s_pick_is_above_the_store_s",
    ),
    change(
        "several candidates are built on unasked",
        "plan/judge.py",
        "return case.step.variants > 1 and case.action.id in self.asked",
        "return False",
        "build/test_corridor.py::test_several_candidates_with_an_edit_on_top_ask_by_themselves",
    ),
    change(
        "what hangs on an edited file is bought",
        "plan/planner.py",
        "wanted = graph.ancestors(end for end in ends if end[0] not in edited)",
        "wanted = graph.ancestors(ends)",
        "build/test_money_paths.py::test_what_hangs_on_a_file_of_somebody_s_own_is_not_bought",
    ),
    change(
        "a damaged journal hinders nobody",
        "plan/planner.py",
        "(world.store.results.damage if buys else ())",
        "()",
        "build/test_money_paths.py::test_a_line_of_the_journal_that_can_t_be_read_stops_who_would_buy_and_nobody_else",
    ),
    change(
        "a damaged lock hinders nobody",
        "plan/planner.py",
        "return (*world.lock.damage, *(",
        "return (*(), *(",
        "plan/test_bad_inputs.py::test_a_half_written_lock_stops_the_build_and_names_the_line",
    ),
    change(
        "what is built on a lost picture is bought",
        "plan/planner.py",
        '            judge.done[node] = Verdict(state="blocked", reason=reason, causes=verdict.causes)\n',
        "",
        "plan/test_verdicts.py::test_nothing_is_bought_on_top_of_what_is_lost",
    ),
    change(
        "looks on the way are free",
        "plan/pricing.py",
        "    return replace(cost, high=cost.high + extra)\n",
        "    return cost\n",
        "build/test_money_paths.py::test_looks_on_the_way_are_in_the_price",
    ),
    change(
        "a stated price is for a request",
        "plan/pricing.py",
        "painter.price_per_image * sum(counts)",
        "painter.price_per_image * len(counts)",
        "build/test_money_paths.py::test_a_price_that_the_spec_states_is_a_picture_s",
    ),
    change(
        "turns share a request",
        "plan/pricing.py",
        ' or request.api == "responses" or ',
        " or ",
        "build/test_money_paths.py::test_candidates_of_a_conversation_are_requests_of_their_own",
    ),
    change(
        "one unknown price is left out of a sum",
        "plan/pricing.py",
        "        if part is None:\n            return None\n",
        "        if part is None:\n            continue\n",
        "plan/test_explained.py::test_an_unpriced_plan_says_so",
    ),
    change(
        "what would be refused is not looked at",
        "plan/judge.py",
        "            if len(request.prompt) <= self._sound.get(terms, -1):\n",
        "            if True:\n",
        "plan/test_bad_inputs.py::test_what_a_model_does_not_take",
    ),
    change(
        "each of many that ask for the same pays for itself",
        "plan/judge.py",
        "        self.ordered[key] = max(missing, self.ordered.get(key, 0))\n",
        "        self.ordered[key] = missing\n",
        "plan/test_candidates.py::test_equal_requests_need_the_largest_of_their_numbers",
    ),
    change(
        "a frozen picture is bought anew with its parent",
        "plan/judge.py",
        "return self._frozen(action, pin, None) or self._pending(action, painter, inputs)",
        "return self._pending(action, painter, inputs)",
        "plan/test_frozen.py::test_its_parent_is_bought_anew_and_it_is_not",
    ),
    change(
        "a frozen picture is the first of its candidates",
        "plan/judge.py",
        "        chosen = pin.pick or pin.variants[0]\n",
        "        chosen = pin.variants[0]\n",
        "plan/test_frozen.py::test_the_candidate_that_was_picked_stays",
    ),
    change(
        "with drafts more candidates are bought",
        "plan/judge.py",
        'verdict.state in ("pay", "sent")',
        'verdict.state in ("sent",)',
        "build/test_drafting.py::test_more_candidates_of_what_is_bought_are_not_wanted",
    ),
    change(
        "what waits is priced without its looks",
        "plan/judge.py",
        "cost=price(painter, bound, sizes, counts, partials),",
        "cost=price(painter, bound, sizes, counts),",
        "plan/test_waiting.py::test_looks_on_the_way_are_in_the_bound",
    ),
    change(
        "what reads a lost picture through a derived one is planned as if it could be bought",
        "plan/planner.py",
        "        elif lost is not None and node[1] is None:\n",
        "        elif False:\n",
        "plan/test_whole_plans.py::test_an_original_that_is_read_through_a_file_made_of_it_must_be_there",
    ),
    change(
        "what waits is left out of the price by batch",
        "plan/offer.py",
        'entry.state not in ("pay", "waits")',
        'entry.state not in ("pay",)',
        "plan/test_batch_offers.py::test_what_is_bought_and_what_waits_is_in_it",
    ),
]
