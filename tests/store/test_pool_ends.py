"""Pools by the order in which their lines came: what ended, what goes on, what a refusal holds for."""

from __future__ import annotations

from dataclasses import replace

from pixmake.store.pool import DIED, Pool, fold, grouped, unanswered
from pixmake.store.records import Failure, Intent, Record, Sent, Why, encode, seal
from store.making import done, failed, intent, key, pick, result

BATCH: Intent = replace(intent(), route="batch", group="place-1")
TURN: Intent = replace(intent(), route="background", group="place-background")
NAMED = Sent(intent="heart-0", key=key("heart"), handle="job_1", time="t")


def of(*records: Record) -> Pool:
    return fold(key("heart"), [encode(record)[:-1] for record in records])


def names(pool: Pool) -> tuple[list[str], list[str]]:
    """Intents that are unknown, and those under way."""
    return [item.intent.intent for item in pool.unanswered], [item.intent.intent for item in pool.underway]


def ended(why: Why, message: str = "no") -> Failure:
    return replace(failed("heart", 0, why), message=message)


def test_a_key_that_nobody_heard_of() -> None:
    pool = of()
    assert (pool.results, pool.failures, pool.request, pool.refusal(None), names(pool)) == (
        (),
        (),
        None,
        None,
        ([], []),
    )


def test_what_is_told_after_the_pictures_came_ends_nothing() -> None:
    pool = of(intent(), done(), ended("refused"), ended("unknown"))
    assert (len(pool.results), pool.failures, pool.refusal(None), names(pool)) == (1, (), None, ([], []))


def test_pictures_that_come_after_an_unknown_end_answer_it() -> None:
    pool = of(intent(), ended("unknown"), done())
    assert (len(pool.results), names(pool)) == (1, ([], []))


def test_a_second_done_adds_what_the_first_one_lacked() -> None:
    pool = of(intent(), done("heart", 0, b"a"), done("heart", 0, b"b", b"a"), done("heart", 1, b"a"))
    assert [item.digest for item in pool.results] == [result(data).digest for data in (b"a", b"b", b"a")]


def test_who_goes_on_at_a_provider() -> None:
    assert names(of(intent())) == (["heart-0"], [])
    assert names(of(intent(), NAMED)) == (["heart-0"], []), "a live call is answered or unknown, whatever is said of it"
    assert names(of(BATCH)) == ([], ["heart-0"]), "it can be found by its group"
    assert names(of(TURN)) == (["heart-0"], []), "without its name nobody finds it"
    assert names(of(TURN, NAMED)) == ([], ["heart-0"])
    for way in (BATCH, TURN):
        assert names(of(way, NAMED, ended("unknown", DIED))) == ([], ["heart-0"]), "an older version's word is no end"
        assert names(of(way, NAMED, ended("unknown"))) == (["heart-0"], [])
        assert names(of(way, NAMED, ended("failed"))) == ([], [])
        assert names(of(way, NAMED, done())) == ([], [])


def test_the_first_name_counts() -> None:
    pool = of(BATCH, NAMED, replace(NAMED, handle="job_2"))
    assert [item.handle for item in pool.underway] == ["job_1"]
    assert [item.handle for item in of(BATCH).underway] == [None]


def test_a_call_that_was_sent_again_is_settled_by_the_one_that_was_answered() -> None:
    second = intent(number=1, again=("heart-0",))
    assert names(of(intent(), ended("unknown"), second)) == (["heart-1"], [])
    assert names(of(intent(), ended("unknown"), second, done("heart", 1))) == ([], [])
    assert names(of(intent(), ended("unknown"), second, failed("heart", 1, "unknown"))) == (["heart-1"], [])
    assert names(of(intent(), ended("unknown"), second, failed("heart", 1, "not-sent"))) == (["heart-0"], [])


def test_a_refusal_holds_for_its_moderation_until_something_else_is_asked_or_bought() -> None:
    low = replace(ended("refused", "low"), moderation="low")
    pool = of(intent(), ended("refused", "auto"), intent(number=1), replace(low, intent="heart-1"))
    assert [getattr(pool.refusal(way), "message", None) for way in (None, "low", "high")] == ["auto", "low", None]
    assert of(intent(), ended("refused"), intent(number=1)).refusal(None) is None, "somebody asked again"
    assert of(intent(), ended("refused"), done("heart", 1)).refusal(None) is None, "something was bought since"
    assert of(intent(), ended("failed")).refusal(None) is None
    adopted = replace(done("heart", 1), intent=None)
    assert of(intent(), ended("refused"), adopted).refusal(None) is not None, "a person's own picture is no answer"


def test_the_request_is_the_one_that_was_asked_last() -> None:
    own = replace(done(), intent=None, request={"prompt": "mine"})
    assert of(intent(request={"prompt": "a"}), intent(number=1, request={"prompt": "b"})).request == {"prompt": "b"}
    assert of(intent(request={"prompt": "a"}), own).request == {"prompt": "mine"}
    assert of(intent(request={"prompt": "a"}), done()).request == {"prompt": "a"}
    assert of(pick("heart", b"a")).request is None


def test_a_done_that_this_version_can_t_read_leaves_its_call_open() -> None:
    """Its head is read first, for speed: the call must not look as if it had never been sent."""
    newer = seal({"key": key("heart"), "type": "done", "intent": "heart-0", "results": "in the cloud"})[:-1]
    lines = [encode(intent())[:-1], newer]
    assert names(fold(key("heart"), lines)) == (["heart-0"], [])


def test_lines_are_grouped_by_their_keys_and_others_left_out() -> None:
    whole = [encode(intent())[:-1], encode(done())[:-1], encode(intent("key"))[:-1]]
    odd = [seal({"type": "weather"})[:-1], b'{"key":"short"}', b'{"key":"' + b"0" * 64 + b'"}', b""]
    assert grouped([odd[0], whole[0], *odd[1:], whole[2], whole[1]]) == {
        key("heart"): [whole[0], whole[1]],
        key("key"): [whole[2]],
    }


def test_open_is_what_has_no_done() -> None:
    def waits(*records: Record) -> bool:
        return unanswered([*(encode(record)[:-1] for record in records), b"no record"])

    assert not waits() and not waits(pick("heart", b"a"))
    assert waits(intent()) and waits(intent(), ended("failed"))
    assert not waits(intent(), done())
    assert waits(intent(), intent(number=1), done())
    assert not waits(done(), replace(done(), intent=None))
