"""Bad input and bad weather at the command line, over real HTTP: what it says, what is sent, what it costs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fakes.openai_server import HTML, Behaviour, Cut, Error, FakeOpenAI, Hang, Paint, Raw
from fakes.shell import Said, Shell
from pixmake.clock import SystemClock

KEY = "sk-canary-0123456789"
HEAD = """\
version: 1
providers: {openai: {concurrency: 1, timeout: 60}}
defaults: {model: gpt-image-2.5-flare, quality: low, size: 64x64}
"""
SPEC = (
    HEAD
    + """\
assets:
  a.png: a heart
  b.png: a key
  c.png: a coin
"""
)
LOST = "it may have been billed: look into the provider's usage page before you ask again"
QUARANTINE = "it was probably billed: what came is in the store's quarantine; ask again with 'reroll' or --yes"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, shell: Shell) -> Iterator[FakeOpenAI]:
    """A server known by the environment as OpenAI is, and a project of three pictures."""
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    shell.write(SPEC)
    with FakeOpenAI(key=KEY) as running:
        shell.environment(OPENAI_API_KEY=KEY, OPENAI_BASE_URL=running.url)
        yield running


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The machine's clock: what stands in the list is the present."""
    told = [datetime(2026, 11, 22, 12, tzinfo=UTC)]
    monkeypatch.setattr(SystemClock, "now", lambda self: told[0])
    return told


def calm(said: Said, server: FakeOpenAI) -> tuple[int, str]:
    """Exit code and stderr, without the port and times; what is told while it runs is sorted and not numbered."""
    text = said.err.replace(server.origin.removeprefix("http://"), "HOST")
    text = re.sub(r", \d+\.\d s$", ", T s", text, flags=re.MULTILINE)
    lines = re.sub(r"^\[\d+/", "[N/", text, flags=re.MULTILINE).splitlines(keepends=True)
    running = sorted(line for line in lines if line.startswith(("[N/", "failed ")))
    return said.code, "".join([*running, *(line for line in lines if line not in running)])


def sums(shell: Shell) -> list[str]:
    """What `costs` says of everything, after its tables."""
    said = shell.run("costs")
    return [line for line in (said.out + said.err).splitlines() if line.startswith(("paid ", "today ", "nothing "))]


# --- before anything is sent ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("", "no API key: set OPENAI_API_KEY, or use --draft for free drafts; any word will do if the server HOST needs no key"),
        (KEY + "\n", "the key in OPENAI_API_KEY holds a line break: set it again without"),
        (KEY[:6] + " " + KEY[6:], "the key in OPENAI_API_KEY holds white space: set it again without"),
        (KEY + "é", "the key in OPENAI_API_KEY holds characters that no key has: copy it again"),
    ],
)  # fmt: skip
def test_a_key_that_is_none(server: FakeOpenAI, shell: Shell, key: str, told: str) -> None:
    shell.environment(OPENAI_API_KEY=key)
    assert calm(shell.run("build", "--yes"), server) == (
        4,
        (
            "error[provider-not-ready]: 'openai' can't be asked\n"
            f"help: {told}\n"
            "held: a.png, b.png, c.png ($0.0178): not sent\n"
            "nothing was made\n"
            "next: pixmake build --draft\n"
        ),
    )
    assert shell.run("plan").code == 0, "a plan needs no key"
    assert (server.count, sums(shell)) == (0, ["nothing was bought"])


def test_a_retired_model_matters_only_where_something_must_be_bought(
    server: FakeOpenAI, shell: Shell, noon: list[datetime]
) -> None:
    shell.edit("gpt-image-2.5-flare", "gpt-image-1.5")
    assert shell.run("build", "a.png", "b.png", "--yes").code == 0
    noon[0] = datetime(2026, 12, 2, tzinfo=UTC)
    (shell.root / "assets/b.png").unlink()
    assert calm(shell.run("build", "a.png", "b.png"), server) == (
        0,
        "[N/1] done b.png → assets/b.png\nwrote 1 file, T s\n",
    )
    assert calm(shell.run("build", "--yes"), server) == (
        2,
        (
            "assets.yaml:3:19: error[retired-model]: the model 'gpt-image-1.5' was switched off on 2026-12-01: "
            "nothing new can be bought from it\n"
            "    3 | defaults: {model: gpt-image-1.5, quality: low, size: 64x64}\n"
            "      |                   ^^^^^^^^^^^^^\n"
            "help: name another model; its successor is gpt-image-2.6-sunburst; what was bought stays\n"
        ),
    )
    assert server.count == 2


@pytest.mark.parametrize("flags", [["--locked"], ["--offline"]])
def test_locked_and_offline_send_nothing_whatever_else_is_given(
    server: FakeOpenAI, shell: Shell, flags: list[str]
) -> None:
    assert calm(shell.run("build", *flags, "--yes", "--max-cost", "9"), server) == (
        3,
        (
            "held: a.png, b.png, c.png ($0.0178): never paid for with --locked or --offline\n"
            "nothing was made\n"
            "next: pixmake build --max-cost 0.02\n"
        ),
    )
    assert (server.count, server.fetched, sums(shell)) == (0, [], ["nothing was bought"])


# --- the provider stops ---------------------------------------------------------------------------------------------

STOPS = {
    "quota": (
        Error(429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota."),
        "no money left at HOST: HTTP 429 insufficient_quota: You exceeded your current quota.",
        "top up the account or raise its limit, then build again: what was bought stays",
    ),
    "not verified": (
        Error(403, message="Your organization must be verified to use the model."),
        "HOST: HTTP 403: Your organization must be verified to use the model.",
        "verify the organization in the settings of the provider's console; that may take a while to apply",
    ),
    "no such model": (
        Error(404, "model_not_found", message="The model does not exist."),
        "HOST has no model 'gpt-image-2.5-flare' for this key: retired, mistyped or no access",
        "check the name against the models of the account; what was bought stays",
    ),
    "wrong key": (
        Error(401, "invalid_api_key", message=f"Incorrect API key provided: {KEY}"),
        "HOST doesn't accept the key in OPENAI_API_KEY (HTTP 401)",
        "set OPENAI_API_KEY to a key that is valid for this server, and check which addresses it may be used from",
    ),
}


@pytest.mark.parametrize("name", STOPS)
def test_what_stops_a_provider_in_the_middle(server: FakeOpenAI, shell: Shell, name: str) -> None:
    do, told, remedy = STOPS[name]
    server.say(do, at=2)
    said = calm(shell.run("build", "--yes", "-j", "1"), server)
    assert said == (
        1,
        (
            "[N/3] done a.png → assets/a.png ($0.0059)\n"
            f"failed b.png#0: {told}\n"
            f"error[failed]: 'b.png' step 0: {told}\n"
            f"help: {remedy}\n"
            "pay: c.png: not sent\n"
            "made 1 image, wrote 1 file, spent $0.0059, T s\n"
            "next: pixmake build --max-cost 0.02\n"
        ),
    )
    assert server.count == 2
    assert sums(shell) == ["paid $0.0059 for 1 picture in 1 call"]
    assert shell.run("build", "--max-cost", "0.02").code == 0
    assert (server.count, sums(shell)) == (4, ["paid $0.0178 for 3 pictures in 3 calls"])


# --- sent, and no usable answer -------------------------------------------------------------------------------------


def answered(data: list[dict[str, str]]) -> Paint:
    """A good answer, but for its list of pictures."""
    return Paint(change=lambda answer: answer.update(data=data))


def shortened(answer: dict[str, Any]) -> None:
    answer["data"][0]["b64_json"] = answer["data"][0]["b64_json"][:400]


NONE = "the answer of HOST holds no picture: "
PRIVATE = "a private address that the settings don't name: nothing was sent"
WEATHER: dict[str, tuple[Behaviour, str, str]] = {
    "hangs": (Hang(), "HOST did not answer in time", LOST),
    "hangs after its headers": (Hang(headers=True), "HOST did not answer in time", LOST),
    "reset while sending": (Cut("unread"), "the connection to HOST broke (ReadError)", LOST),
    "reset before the answer": (Cut("before"), "the connection to HOST broke (ReadError)", LOST),
    "closed before the answer": (Cut("before", False), "the connection to HOST broke (RemoteProtocolError)", LOST),
    "reset in the answer": (Cut("during"), "the connection to HOST broke (ReadError)", LOST),
    "truncated JSON": (Cut("json"), "the answer of HOST is cut short or damaged JSON", LOST),
    "a page with 200": (Raw(body=HTML.encode(), media_type="text/html"), "the answer of HOST is a web page", LOST),
    "an error with 200": (
        Raw(body=b'{"error": {"message": "upstream is tired"}}'),
        "the answer of HOST holds no list of pictures: upstream is tired",
        LOST,
    ),
    "nothing with 200": (Raw(body=b""), "the answer of HOST is empty", LOST),
    "an empty list": (answered([]), NONE + "its list is empty", LOST),
    "bad base64": (answered([{"b64_json": "!!!"}]), NONE + "picture 1 is damaged base64", LOST),
    "a dead url": (answered([{"url": "/v1/files/none.png"}]), NONE + "its address answers HTTP 404", LOST),
    "a private url": (
        answered([{"url": "http://10.0.0.1/latest"}]),
        NONE + "its address points to 10.0.0.1:80, " + PRIVATE,
        LOST,
    ),
    "another port here": (
        answered([{"url": "http://127.0.0.1:9/x.png"}]),
        NONE + "its address points to 127.0.0.1:9, " + PRIVATE,
        LOST,
    ),
    "a file": (answered([{"url": "file:///etc/passwd"}]), NONE + "its address is none of http or https but 'file'", LOST),
    "no picture": (
        answered([{"b64_json": "aGVsbG8="}]),
        "the answer held no usable picture: it is a text file, not a picture",
        QUARANTINE,
    ),
    "half a picture": (
        Paint(change=shortened),
        "the answer held no usable picture: it is a PNG picture that is cut short",
        QUARANTINE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WEATHER)
def test_sent_without_a_usable_answer(server: FakeOpenAI, shell: Shell, name: str) -> None:
    """Unknown: reported with its price, kept reserved, and never sent again without a yes."""
    do, told, remedy = WEATHER[name]
    if isinstance(do, Hang):  # who is waited for in vain; a loaded machine may well take the others a second
        shell.edit("timeout: 60", "timeout: 3")
    server.say(do, at=2)
    said = calm(shell.run("build", "--max-cost", "1", "-j", "1"), server)
    assert said == (
        5,
        (
            "[N/3] done a.png → assets/a.png ($0.0059)\n"
            "[N/3] done c.png → assets/c.png ($0.0059)\n"
            f"error[unknown]: 'b.png' step 0: {told}\n"
            f"help: {remedy}\n"
            "made 2 images, wrote 2 files, spent $0.0118, perhaps $0.0059 for calls without an answer, T s\n"
            "next: pixmake explain b.png\n"
        ),
    )
    assert sums(shell) == ["paid $0.0118 for 2 pictures in 3 calls, perhaps $0.0059 more for calls without an answer"]
    assert shell.run("build", "--max-cost", "1").code == 5
    assert server.count == 3
    assert shell.run("build", "--yes").code == 0
    assert server.count == 4
    assert sums(shell) == ["paid $0.0178 for 3 pictures in 4 calls, perhaps $0.0059 more for calls without an answer"]


# --- answers that are another than was asked, and good all the same -------------------------------------------------


@pytest.mark.parametrize(
    "do",
    [Cut("after"), Paint(format="webp"), Paint(format="jpeg"), Paint(size=(512, 512)), Paint(form="link")],
    ids=["reset after the answer", "webp", "jpeg", "another size", "url"],
)
def test_what_came_whole_is_kept_whatever_it_is(server: FakeOpenAI, shell: Shell, do: Behaviour) -> None:
    server.say(do, at=2)
    assert calm(shell.run("build", "--yes", "-j", "1"), server) == (
        0,
        (
            "[N/3] done a.png → assets/a.png ($0.0059)\n"
            "[N/3] done b.png → assets/b.png ($0.0059)\n"
            "[N/3] done c.png → assets/c.png ($0.0059)\n"
            "made 3 images, wrote 3 files, spent $0.0178, T s\n"
        ),
    )
    assert (server.count, sums(shell)) == (3, ["paid $0.0178 for 3 pictures in 3 calls"])
    assert calm(shell.run("build"), server) == (0, "nothing to do\n")


def test_fewer_pictures_than_were_asked_for(server: FakeOpenAI, shell: Shell) -> None:
    shell.write(HEAD + "assets:\n  a.png: {prompt: a heart, variants: 3}\n")
    server.say(Paint(count=2), at=1)
    assert calm(shell.run("build", "--yes"), server) == (
        3,
        (
            "[N/1] done a.png → assets/a.png ($0.0118)\n"
            "pay: a.png: 1 more variant wanted\n"
            "made 2 images, wrote 1 file, spent $0.0118, T s\n"
            "next: pixmake build --max-cost 0.02\n"
        ),
    )
    assert sums(shell) == ["paid $0.0118 for 2 pictures in 1 call"]
    assert shell.run("build", "--max-cost", "0.02").code == 0
    assert [asked.count for asked in server.requests] == [3, 1]
    assert sums(shell) == ["paid $0.0178 for 3 pictures in 2 calls"]


# --- clocks, picks, keys --------------------------------------------------------------------------------------------


def test_a_clock_that_is_set_back_and_forth(server: FakeOpenAI, shell: Shell, noon: list[datetime]) -> None:
    """A day's cap is of the day the clock tells; nothing bought is forgotten or bought again, whatever it tells."""
    shell.write(SPEC + "budget: {per_day: 0.012}\n")
    full = "budget.per_day leaves $0.0002 for today (UTC): raise it in the spec, or go on tomorrow\n"
    assert calm(shell.run("build", "--yes", "-j", "1"), server) == (
        4,
        (
            "[N/2] done a.png → assets/a.png ($0.0059)\n"
            "[N/2] done b.png → assets/b.png ($0.0059)\n"
            "held: c.png ($0.0059): the budget does not reach\n"
            "made 2 images, wrote 2 files, spent $0.0118, T s\n" + full
        ),
    )
    noon[0] -= timedelta(days=1)
    assert calm(shell.run("build", "--yes"), server) == (
        0,
        "[N/1] done c.png → assets/c.png ($0.0059)\nmade 1 image, wrote 1 file, spent $0.0059, T s\n",
    )
    assert calm(shell.run("build"), server) == (0, "nothing to do\n")
    assert shell.run("costs").out.splitlines()[:3] == [
        "by day",
        "  2026-11-22  2 calls  2 pictures  $0.0118",
        "  2026-11-21   1 call   1 picture  $0.0059",
    ]
    noon[0] += timedelta(days=1)
    shell.edit("a coin", "a crown")
    said = calm(shell.run("build", "--yes"), server)
    assert said == (4, "held: c.png ($0.0059): the budget does not reach\nnothing was made\n" + full)
    assert server.count == 3
    assert sums(shell)[1] == "today $0.0118 of the $0.012 that budget.per_day allows to all projects"


def test_a_pick_beyond_the_pool_and_one_against_the_spec(server: FakeOpenAI, shell: Shell) -> None:
    shell.write(
        HEAD + "assets:\n  a.png: {prompt: a heart, variants: 2}\n  b.png: {prompt: a key, variants: 2, pick: 2}\n"
    )
    assert shell.run("build", "--yes").code == 0
    assert calm(shell.run("pick", "a.png", "3"), server) == (
        2,
        "error[no-candidate]: 'a.png#0' has no candidate 3\nhelp: it has 2: `pixmake pick a.png#0` lists them\n",
    )
    code, text = calm(shell.run("pick", "b.png", "1"), server)
    assert (code, text.splitlines()[0]) == (
        2,
        "assets.yaml:6:45: error[spec-says]: the spec says 'pick: 2' for 'b.png'",
    )
    assert text.endswith("help: change or remove it there\n")
    assert (server.count, sums(shell)) == (2, ["paid $0.0237 for 4 pictures in 2 calls"])


def test_a_bug_in_a_provider_shows_no_key(server: FakeOpenAI, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """What had come whole is kept; the text of the breakdown is shown, without the key it holds."""
    shell.run("plan")
    from pixmake.providers.openai import provider

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"bad header: Authorization: Bearer {KEY}")

    monkeypatch.setattr(provider.OpenAIProvider, "_cost", broken)
    said = shell.run("build", "a.png", "--yes")
    assert calm(said, server) == (
        0,
        (
            "[N/1] done a.png → assets/a.png ($0.0059)\n"
            "warning[bill-unknown]: 'a.png' step 0: its picture came whole, the answer did not; the bill is not known, so what "
            "was reserved counts: the provider broke down: RuntimeError: bad header: Authorization: Bearer [OPENAI_API_KEY]\n"
            "made 1 image, wrote 1 file, spent $0.0059, T s\n"
        ),
    )
    found = [path for path in shell.folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert KEY not in said.out + said.err
    assert found == []


def test_a_bug_while_planning_leaves_a_report_without_the_key(
    server: FakeOpenAI, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pixmake.providers.openai import provider

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"bad header: Authorization: Bearer {KEY}")

    monkeypatch.setattr(provider.OpenAIProvider, "estimate", broken)
    said = shell.run("build", "--yes")
    assert said.code == 70
    reports = list((shell.root / ".pixmake").glob("crash-*.txt"))
    assert len(reports) == 1
    assert "Bearer [OPENAI_API_KEY]" in reports[0].read_text("utf-8")
    assert KEY not in said.out + said.err
    assert [path for path in shell.folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()] == []
    assert server.count == 0
