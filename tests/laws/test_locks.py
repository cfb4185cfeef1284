"""Laws of the lockfile: united locks lose nothing, whoever unites them; reading and writing come back to the same."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from hypothesis import assume
from hypothesis import strategies as st

from laws.running import law
from pixmake.diagnostics import Problem
from pixmake.digest import Digest, sha256_bytes
from pixmake.store.lockfile import Line, Lock, OutputPin, StepPin, parse, render, settle

DIGESTS = st.sampled_from("abcdefgh").map(lambda name: sha256_bytes(name.encode()))
KEYS = st.sampled_from("kl").map(lambda name: sha256_bytes(name.encode()))


@st.composite
def pins(draw: st.DrawFn) -> StepPin:
    variants = tuple(draw(st.lists(DIGESTS, min_size=1, max_size=3, unique=True)))
    pick = draw(st.none() | st.sampled_from(variants))
    extra = draw(st.sampled_from(["", '{"newer": 1}']))
    return StepPin(key=draw(KEYS), variants=variants, pick=pick, model="m", size="32x32", written="1:1", extra=extra)


LINES = st.builds(
    Line,
    asset=st.sampled_from(["a.png", "b/ä.png", "c"]),
    profile=st.none() | st.just("night"),
    steps=st.lists(pins(), min_size=1, max_size=2).map(tuple),
    outputs=st.dictionaries(
        st.sampled_from(["x.png", "y.webp"]), st.builds(OutputPin, recipe=DIGESTS, digest=DIGESTS), max_size=2
    ),
    frozen=st.booleans(),
    extra=st.sampled_from(["", '{"later": [1]}']),
)
LOCKS = st.lists(LINES, max_size=4).map(lambda lines: Lock().put(*lines))


def lines_of(lock: Lock) -> list[Line]:
    return [line for lines in lock.lines.values() for line in lines]


@law(400, lock=LOCKS)
def test_what_is_written_is_read_back_and_equal_content_is_equal_text(lock: Lock) -> None:
    read = parse(render(lock).encode(), "assets.lock")
    assert lines_of(read) == sorted(lines_of(lock), key=lambda line: (line.asset, line.profile or ""))
    assert render(read) == render(lock)
    assert not read.damage


@law(700, one=LOCKS, other=LOCKS, base=LOCKS, style=st.sampled_from(["union", "markers", "diff3"]), crlf=st.booleans())
def test_no_line_of_either_side_is_lost_when_locks_are_united(
    one: Lock, other: Lock, base: Lock, style: str, crlf: bool
) -> None:
    text = united(render(one).splitlines(), render(other).splitlines(), render(base).splitlines(), style)
    read = lines_of(parse(text.replace("\n", "\r\n" if crlf else "\n").encode(), "assets.lock"))
    assert all(line in read for line in (*lines_of(one), *lines_of(other)))
    assert style == "diff3" or len(read) == len(
        {render(Lock().put(line)) for line in (*lines_of(one), *lines_of(other))}
    )


def united(one: list[str], other: list[str], base: list[str], style: str) -> str:
    """Two locks as git leaves them: all lines once, or what both have and the rest between markers."""
    common = [line for line in one if line in other]
    ours, theirs = [[line for line in side if line not in common] for side in (one, other)]
    if style == "union":
        return "\n".join([*common, *ours, *theirs]) + "\n"
    ancestor = ["||||||| merged common ancestors", *base[1:]] if style == "diff3" else []
    return "\n".join([*common, "<<<<<<< HEAD", *ours, *ancestor, "=======", *theirs, ">>>>>>> b"]) + "\n"


@law(10, base=LOCKS, one=LOCKS, other=LOCKS)
def test_git_itself_unites_locks_without_loss(base: Lock, one: Lock, other: Lock) -> None:
    """What either side added or changed is there; what one took away and the other kept may be either."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("one", "base", "other")]
        for path, lock in zip(paths, (one, base, other), strict=True):
            path.write_text(render(lock), "utf-8")
        merged = subprocess.run(["git", "merge-file", "-p", "--union", *paths], capture_output=True, check=True).stdout
    read = parse(merged, "assets.lock")
    known = lines_of(base)
    assert not read.damage
    assert all(line in lines_of(read) for line in (*lines_of(one), *lines_of(other)) if line not in known)


@law(500, lines=st.lists(LINES, min_size=1, max_size=3), keys=st.lists(st.none() | KEYS, max_size=2))
def test_settling_keeps_every_candidate_output_and_flag(lines: list[Line], keys: list[Digest | None]) -> None:
    settled, _ = settle(lines, keys)
    assert settled.frozen == any(line.frozen for line in lines)
    assert {path for line in lines for path in line.outputs} == set(settled.outputs)
    winner = max(lines, key=lambda line: sum(a == pin.key for a, pin in zip(keys, line.steps, strict=False) if a))
    assert [pin.key for pin in settled.steps] == [pin.key for pin in winner.steps]
    for pin in settled.steps:
        same = [other for line in lines for other in line.steps if other.key == pin.key]
        assert set(pin.variants) == {digest for other in same for digest in other.variants}
        assert pin.pick is not None or all(other.pick is None for other in same)


@law(300, one=LINES, other=LINES, keys=st.lists(KEYS, min_size=2, max_size=2))
def test_the_order_of_united_lines_decides_nothing_but_between_equals(
    one: Line, other: Line, keys: list[Digest]
) -> None:
    matches = [sum(key == pin.key for key, pin in zip(keys, line.steps, strict=False)) for line in (one, other)]
    assume(matches[0] != matches[1])
    (left, conflict), (right, again) = settle([one, other], keys), settle([other, one], keys)
    assert conflict == again
    assert [(pin.key, set(pin.variants), pin.pick) for pin in left.steps] == [
        (pin.key, set(pin.variants), pin.pick) for pin in right.steps
    ]


@law(500, data=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_lock_or_damage(data: bytes) -> None:
    read_or_refused(data)


@law(500, lock=LOCKS, at=st.integers(0, 10**6), junk=st.binary(max_size=5), cut=st.integers(0, 9))
def test_a_damaged_lock_is_read_around_the_damage(lock: Lock, at: int, junk: bytes, cut: int) -> None:
    data = render(lock).encode()
    place = at % (len(data) + 1)
    read_or_refused(data[:place] + junk + data[place + cut :])


def read_or_refused(data: bytes) -> None:
    """A lock, perhaps with damage, that can be written again; or one of a newer format."""
    try:
        lock = parse(data, "assets.lock")
    except Problem as problem:
        assert [item.code for item in problem.diagnostics] == ["lock-too-new"]
        return
    assert lines_of(parse(render(lock).encode(), "assets.lock")) == sorted(
        lines_of(lock), key=lambda line: (line.asset, line.profile or "")
    )
