"""What may go by batch, for how much, with whose leave; who collects it; what a live build makes of it meanwhile."""

from __future__ import annotations

import asyncio
import threading
from decimal import Decimal
from pathlib import Path

import pytest

from fakes.batching import HEAD, Yard
from fakes.openai_server import Cut, FakeOpenAI, gateway
from pixmake.build.collecting import Standing
from pixmake.build.costs import charges
from pixmake.plan.entries import Entry


def entry(yard: Yard, name: str) -> Entry:
    return next(item for item in yard.project().plan().entries if item.asset == name)


# --- what goes -------------------------------------------------------------------------------------------------------


def test_what_has_no_batch_stays_to_be_bought(yard: Yard) -> None:
    yard.write(
        HEAD
        + "  new.png: {prompt: new, model: gpt-image-2.6-flare}\n  fox.png: a fox\n"
        + "  talk.png: {prompt: talk, api: responses, responses_model: gpt-6-astra}\n"
    )
    report = yard.build()
    assert report.exit_code == 3
    assert {item.entry.asset: (item.state, item.message) for item in report.entries} == {
        "new.png": ("pay", "stays to be bought live: 'gpt-image-2.6-flare' is only sold live"),
        "fox.png": ("sent", "sent in batch batch_1"),
        "talk.png": ("pay", "stays to be bought live: 'api: responses' is only bought live"),
    }
    assert (yard.server.count, yard.server.office.prompts) == (0, ["a fox"])


def test_one_model_and_one_endpoint_a_batch(yard: Yard) -> None:
    yard.write(
        HEAD + "  fox.png: a fox\n  owl.png: {prompt: an owl, model: gpt-image-2}\n"
        "  elk.png: {prompt: an elk, references: [ref.png]}\n  bat.png: a bat\n"
    )
    (yard.root / "ref.png").write_bytes(picture())
    yard.build()
    found = [(made.endpoint.split("/")[-1], made.prompts) for made in yard.server.office.batches]
    assert sorted(found) == [
        ("edits", ["an elk"]), ("generations", ["a fox", "a bat"]), ("generations", ["an owl"]),
    ]  # fmt: skip
    yard.finish()


def test_no_batch_is_larger_than_the_limits(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixmake.providers.openai.ordering.TakesBatches.most_lines", 3)
    yard.assets(*(f"a{number} thing" for number in range(7)))
    yard.build()
    assert [len(made.lines) for made in yard.server.office.batches] == [3, 3, 1]
    yard.finish()


def test_no_batch_has_more_bytes_than_allowed(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixmake.providers.openai.ordering.TakesBatches.most_bytes", 1_000)
    yard.assets(*(f"a{number} thing {'very ' * 40}large" for number in range(4)))
    yard.build()
    sizes = [len(item.data) for item in yard.server.office.uploads("batch")]
    assert (len(sizes), max(sizes) <= 1_000) == (2, True)


def test_variants_share_a_line_and_a_shared_request_goes_once(yard: Yard) -> None:
    yard.write(HEAD + "  fox.png: {prompt: a fox, variants: 3}\n  copy.png: {prompt: a fox, variants: 5}\n")
    report = yard.build()
    assert {item.state for item in report.entries} == {"sent"}
    assert sorted(line["body"]["n"] for line in yard.server.office.batches[0].lines) == [2, 3]
    yard.server.office.run()
    assert yard.collect().saved == 5
    assert len(entry(yard, "copy.png").verdict.pinned) == 5
    assert yard.server.office.painted == 5


def test_masks_and_references_go_as_files_once_each(yard: Yard) -> None:
    yard.write(
        HEAD
        + "  fox.png: {prompt: a fox, references: [ref.png], edits: [{prompt: a hat, mask: {rect: [0.1, 0.1, 0.5, 0.5]}}]}\n"
        + "  owl.png: {prompt: an owl, references: [ref.png]}\n"
    )
    (yard.root / "ref.png").write_bytes(picture())
    yard.build()
    assert [item.used for item in yard.server.office.uploads()] == [0]
    yard.finish()
    assert sorted(item.used for item in yard.server.office.uploads()) == [1, 1, 2]
    lines = [line["body"] for made in yard.server.office.batches for line in made.lines]
    assert [sorted(line) for line in lines if "mask" in line] == [
        ["images", "mask", "model", "n", "output_format", "prompt", "quality", "size"]
    ]


# --- money -----------------------------------------------------------------------------------------------------------


def test_half_is_reserved_and_half_is_settled(yard: Yard) -> None:
    yard.assets("fox in snow")
    full = entry(yard, "fox.png").cost
    assert full is not None
    yard.build()
    [open_charge] = charges(yard.store)
    assert (open_charge.ending, open_charge.reserved, open_charge.held) == ("sent", full.high / 2, full.high / 2)
    yard.server.office.run()
    yard.collect()
    [charge] = charges(yard.store)
    assert charge.billed == yard.server.office.cost == yard.server.office.asked[0].cost / 2
    [result] = yard.store.results.pool(str(entry(yard, "fox.png").key)).results  # type: ignore[arg-type]
    assert (result.source, result.cost) == ("batch", charge.billed)


def test_what_was_agreed_to_is_the_price_by_batch(yard: Yard) -> None:
    yard.assets("fox in snow", "owl at dusk", "elk by a lake")
    one = entry(yard, "fox.png").cost
    assert one is not None
    report = yard.build(yes=False, max_cost=one.high)
    assert (report.exit_code, report.handed.images) == (4, 2)
    assert report.handed.reserved <= one.high
    assert yard.states() == {"sent": 2, "pay": 1}


def test_without_consent_nothing_goes(yard: Yard) -> None:
    yard.assets("fox in snow")
    report = yard.build(yes=False)
    assert (report.exit_code, yard.server.office.log) == (4, [])


def test_the_day_holds_what_is_on_its_way(yard: Yard) -> None:
    yard.assets("fox in snow", "owl at dusk", "elk by a lake")
    text = (yard.root / "assets.yaml").read_text("utf-8")
    yard.write(text + "budget: {per_day: 0.0035}\n")  # two of them by batch
    assert yard.build().exit_code == 4
    assert yard.states() == {"sent": 2, "pay": 1}
    assert yard.build(by_batch=False).exit_code == 4
    assert yard.server.count == 0


def test_an_unknown_line_goes_again_only_when_somebody_says_so(yard: Yard) -> None:
    yard.assets("fox in snow")
    yard.server.say(gateway(502), prompt="fox")
    yard.build()
    yard.server.office.run()
    yard.collect()
    assert (yard.build().exit_code, len(yard.server.office.batches)) == (5, 1)
    assert yard.build(repeat=True).exit_code == 3
    assert yard.states() == {"sent": 1}
    yard.server.office.run()
    yard.collect()
    assert yard.states() == {"stale": 1}


# --- meanwhile -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_named", [True, False])
def test_a_live_build_buys_none_of_what_is_on_its_way(yard: Yard, is_named: bool) -> None:
    yard.chains(3)
    if not is_named:
        yard.server.office.say("create", Cut("before"))
    yard.build()
    report = yard.build(by_batch=False)
    assert (report.exit_code, report.spent, yard.server.count) == (3, Decimal(0), 0)
    assert {item.state for item in report.entries} == {"sent", "waits"}
    yard.write((yard.root / "assets.yaml").read_text("utf-8") + "  new.png: something new\n")
    assert yard.build(by_batch=False).exit_code == 3
    assert yard.server.prompts == ["something new"]
    yard.server.requests.clear()


def test_live_and_batch_results_are_the_same_to_the_next_build(yard: Yard) -> None:
    yard.chains(1)
    yard.build()
    yard.server.office.run()
    yard.collect()
    assert yard.build(by_batch=False).exit_code == 0
    assert yard.states() == {"fresh": 3}
    assert yard.server.count == 2


def test_a_changed_prompt_while_the_batch_runs_loses_nothing(yard: Yard) -> None:
    yard.assets("fox in snow")
    yard.build()
    yard.assets("fox in rain")
    assert yard.states() == {"pay": 1}
    yard.server.office.run()
    assert yard.collect().saved == 1
    yard.assets("fox in snow")
    assert yard.states() == {"stale": 1}


# --- who collects ----------------------------------------------------------------------------------------------------


def test_two_that_collect_at_once_collect_once(yard: Yard) -> None:
    yard.chains(6)
    yard.build()
    yard.server.office.run()
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(yard.collect().saved)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [0, 0, 0, 6]
    assert len(charges(yard.store)) == 6


def test_another_project_of_the_same_account_collects_too(yard: Yard, tmp_path: Path) -> None:
    yard.assets("fox in snow")
    yard.build()
    yard.server.office.run()
    (tmp_path / "other").mkdir()
    other = Yard(tmp_path / "other", yard.server)
    other.folder = yard.folder
    other.assets("owl at dusk")
    assert other.collect().saved == 1
    assert yard.states() == {"stale": 1}


def test_another_account_neither_finds_nor_lets_go(
    yard: Yard, server: FakeOpenAI, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    yard.assets("fox in snow")
    server.office.say("create", Cut("before"))
    yard.build()
    (tmp_path / "other").mkdir()
    with FakeOpenAI(key="sk-other") as elsewhere:
        monkeypatch.setenv("OPENAI_BASE_URL", elsewhere.url)
        monkeypatch.setenv("OPENAI_API_KEY", elsewhere.key)
        yard.later(days=3)
        [standing] = yard.collect().going
        assert standing.message == "no batch of that name is there (yet): it will be looked for again"
        other = Yard(tmp_path / "other", elsewhere)
        other.folder, other.clock = yard.folder, yard.clock
        other.assets("owl at dusk")
        [standing] = other.collect().going
        assert standing.message == "it was sent to 'openai' under another key or address than are known here"
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", server.key)
    yard.finish()


def test_a_key_that_was_changed_still_finds_its_batch(
    yard: Yard, server: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard.assets("fox in snow")
    yard.build()
    server.key = "sk-changed"
    monkeypatch.setenv("OPENAI_API_KEY", server.key)
    yard.finish()


def test_a_batch_far_down_the_list_is_found(yard: Yard) -> None:
    office = yard.server.office
    office.page = 2
    yard.assets("fox in snow")
    office.say("create", Cut("before"))
    yard.build()
    for number in range(5):
        yard.assets(f"owl{number} at dusk")
        yard.build()
    yard.assets("fox in snow", *(f"owl{number} at dusk" for number in range(5)))
    yard.finish()
    assert len(office.batches) == 6


def test_a_batch_behind_a_provider_whose_clock_is_wrong_is_found(yard: Yard) -> None:
    office = yard.server.office
    office.shift = -5 * 3_600
    yard.assets("fox in snow")
    office.say("create", Cut("before"))
    yard.build()
    yard.assets("owl at dusk")
    yard.build()
    yard.assets("fox in snow", "owl at dusk")
    yard.later(minutes=20)
    yard.finish()
    assert len(office.batches) == 2


def test_a_lost_batch_can_be_given_up_but_not_at_once(
    yard: Yard, server: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard.assets("fox in snow")
    server.office.say("create", Cut("unread"))
    yard.build()
    server.key = "sk-changed"  # so that "not there" proves nothing
    monkeypatch.setenv("OPENAI_API_KEY", server.key)

    def cancelled() -> Standing:
        collector = yard.project().collector()
        return asyncio.run(collector.cancel(collector.jobs()[0]))

    assert not cancelled().over
    yard.later(minutes=20)
    yard.collect()
    assert yard.states() == {"sent": 1}
    assert cancelled().over
    assert yard.states() == {"unknown": 1}


def test_without_a_key_it_stays_and_says_why(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    yard.assets("fox in snow")
    yard.build()
    monkeypatch.delenv("OPENAI_API_KEY")
    [standing] = yard.collect().going
    assert standing.message is not None
    assert standing.message.startswith("no API key: set OPENAI_API_KEY")
    assert yard.states() == {"sent": 1}


def picture() -> bytes:
    from fakes.counting import png

    return png(64, 64, b"reference")
