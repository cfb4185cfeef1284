"""A refusal on every route: it names asset, stage and categories, stops nothing else, is not sent again, and `status`
shows it until the request changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.openai_responses import Stream, Turn, blocked
from fakes.openai_server import Behaviour, FakeOpenAI, moderated
from fakes.talking import HEAD, PROVIDER, Ground, states
from pixmake.cli.main import main

PLAIN = "version: 1\ndefaults: {model: gpt-image-2.5-flare, quality: low, size: 1024x640}\n"
ASSETS = "assets: {fox: a fox, bear: a bear, crow: a crow}\n"
ROUTES: dict[str, tuple[str, Behaviour, int]] = {
    "plain": (PLAIN + ASSETS, moderated("output", ("violence", "self-harm")), 0),
    "streamed": (PLAIN + ASSETS, Stream(end="error", error=blocked("output", ("violence", "self-harm"))), 1),
    "at once": (HEAD + PROVIDER + ASSETS, moderated("output", ("violence", "self-harm")), 0),
    "in the background": (HEAD + PROVIDER + ASSETS, Turn(failed=blocked("output", ("violence", "self-harm"))), 0),
    "while it waits": (
        HEAD + PROVIDER + "  background: false\n" + ASSETS,
        Turn(failed=blocked("output", ("violence", "self-harm"))),
        0,
    ),
}
SAID = "(moderation_blocked; stage: output; categories: violence, self-harm)"


@pytest.mark.parametrize("route", ROUTES)
def test_a_refusal(
    server: FakeOpenAI,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    route: str,
) -> None:
    spec, do, partials = ROUTES[route]
    ground = Ground(tmp_path, spec)
    server.say(do, prompt="bear", times=None)
    report = ground.build(partials=partials)
    assert (report.exit_code, states(report)) == (1, ["fresh", "refused", "fresh"])
    assert [problem.asset for problem in report.problems] == ["bear"]
    assert report.problems[0].message.startswith("'bear' step 0: ")
    assert report.problems[0].message.endswith(SAID)
    for _ in range(2):
        assert ground.build(partials=partials).exit_code == 1
    assert server.count == 3, "nobody asked for it again"

    monkeypatch.chdir(ground.root)
    monkeypatch.setenv("PIXMAKE_STORE", str(ground.store))
    monkeypatch.setenv("COLUMNS", "200")  # else a terminal's width cuts the reason
    assert main(["status"]) == 0
    shown = capsys.readouterr().out
    assert "refused" in shown
    assert SAID in shown.replace("\n", " ")
    ground.write(spec.replace("a bear", "a teddy"))
    assert main(["status"]) == 0
    assert "refused" not in capsys.readouterr().out
    assert ground.build(partials=partials).exit_code == 0
    assert server.count == 4
