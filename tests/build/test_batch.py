"""Batches end to end over the real SDK: submit, process exit, collect; deaths, ends of every kind, and who may buy what."""

from __future__ import annotations

import pytest

from fakes.batching import Yard
from fakes.openai_batches import Action


def test_three_waves(yard: Yard) -> None:
    yard.chains(5)
    assert yard.build().exit_code == 3
    assert yard.states() == {"sent": 5, "waits": 10}
    yard.server.office.run()
    yard.collect()
    assert yard.states() == {"pay": 5, "waits": 5, "fresh": 5}
    yard.finish()
    assert len(yard.server.office.prompts) == len(set(yard.server.office.prompts)) == 15
    assert len(yard.server.office.batches) == 3
    assert {item.used for item in yard.server.office.uploads()} == {1}


def test_forty_assets_with_a_death_at_each_stage(yard: Yard) -> None:
    """kill -9 by the server's hand: on the way in, at the batch, at its answer, on the way out, for each of three waves."""
    office = yard.server.office
    yard.forty()
    yard.killed("upload", before=True)  # the batch's file
    assert yard.states() == {"sent": 40, "waits": 80}  # nobody can know yet that nothing was made
    yard.later(minutes=20)
    yard.collect()
    assert yard.states() == {"pay": 40, "waits": 80}
    yard.killed("create")
    assert (len(office.batches), yard.states()) == (1, {"sent": 40, "waits": 80})
    assert yard.build(by_batch=False).exit_code == 3  # a live build meanwhile buys none of it
    office.run()
    yard.killed("content", live=True)
    yard.killed_at_done(15)
    yard.collect()
    yard.build(yes=False)
    assert yard.states() == {"pay": 40, "waits": 40, "fresh": 40}
    yard.killed("upload", skip=20)  # half of the inputs are there
    assert 21 <= len(office.uploads()) < 40
    yard.killed("create", before=True)
    assert yard.build().exit_code == 3
    yard.later(minutes=20)
    yard.collect()
    assert yard.build().exit_code == 3
    office.work(25)
    yard.killed("look", live=True)
    yard.finish()
    assert len({item.filename for item in office.uploads()}) == 80
    assert {item.used for item in office.uploads()} <= {0, 1}  # those that nobody remembered were uploaded once more
    assert len([made for made in office.batches if made.status == "completed"]) == 3


HANDING_IN: list[tuple[Action, int, bool]] = [("upload", 1, False), ("create", 0, True), ("create", 0, False)]


@pytest.mark.parametrize(("action", "skip", "before"), HANDING_IN)
def test_death_while_a_wave_is_handed_in(yard: Yard, action: Action, skip: int, before: bool) -> None:
    office = yard.server.office
    yard.chains(1)
    yard.build()
    office.run()
    yard.collect()
    yard.killed(action, before=before, skip=skip)
    assert len(office.batches) == (2 if (action, before) == ("create", False) else 1)
    made = len(office.batches)
    yard.build()  # at once: what may have been sent is not sent again
    assert len(office.batches) == made
    yard.later(minutes=20)
    yard.finish()


def test_death_while_a_wave_is_collected(yard: Yard) -> None:
    yard.chains(1)
    yard.build()
    yard.server.office.run()
    yard.killed("content", live=True)
    assert yard.states() == {"sent": 1, "waits": 2}
    yard.finish()
