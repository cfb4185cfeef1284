"""What a person has seen before the question whether to pay."""

from __future__ import annotations

from fakes.shell import HEAD, Shell


def test_warnings_and_the_plan_come_before_the_question(shell: Shell) -> None:
    shell.write(HEAD + "assets: {a.png: {prompt: a hen, size: 1920x32}}\n")
    code, text = shell.terminal(b"n\n", "build")
    assert code == 4 and shell.calls == []
    places = [text.index(words) for words in ("warning[crop-wastes]", "to buy: 1 image", "pay $0.04? [y/N]")]
    assert places == sorted(places) and text.count("warning[crop-wastes]") == 1


def test_nobody_is_asked_to_pay_for_what_can_not_run(shell: Shell) -> None:
    shell.write('{"format":"pixmake.lock/1"}\n{"asset": torn\n', "assets.lock")
    code, text = shell.terminal(b"y\n", "build")
    assert code == 8 and "y/N" not in text and "lock-damaged" in text
