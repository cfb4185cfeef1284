"""Store room: `assets.lock`, which says of each asset what was bought and picked. Equal content is equal text.

Git merges it by union and people leave conflict markers in it: reading loses no line, whatever it finds. So an asset
may have several lines; they stay alternatives until `settle` is told the spec's keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path

from pixmake.diagnostics import Diagnostic, ExitCode, Problem, Source, Span, problem
from pixmake.digest import Digest, read_file
from pixmake.store.content import is_digest
from pixmake.store.durable import replace_file, writing
from pixmake.values import dataclass

FORMAT = "pixmake.lock/1"
HEADER = f'{{"format":"{FORMAT}"}}'
NAMED_FORMAT = re.compile(r"pixmake\.lock/(\d{1,9})")
LINE_FIELDS = frozenset({"asset", "profile", "steps", "outputs", "frozen"})
STEP_FIELDS = frozenset({"key", "variants", "pick", "model", "size", "for", "shown"})
MARKER = re.compile(r"(<{7}|\|{7}|={7}|>{7})( .*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPin:
    """What one paid step is bound to: its key, the candidates in the order that `pick` counts, the picked one.

    `size` is the requested size, `written` what the user's spec said when it was chosen (`for` in the file). `shown`
    is kept for frozen fenced pictures, whose mask or parent may be gone one day: their identity and a copy's digest.
    `extra` is the JSON of fields that a newer version put there; it is written back as it was.
    """

    key: Digest
    variants: tuple[Digest, ...] = ()
    pick: Digest | None = None
    model: str | None = None
    size: str | None = None
    written: str | None = None
    shown: tuple[str, Digest] | None = None
    extra: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputPin:
    """What the tool last wrote at an output path: from which recipe, and the digest of the bytes."""

    recipe: str
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One asset of one profile. `steps` by index; `outputs` by path as the spec writes it: check before touching it.

    `extra` is the JSON of fields that a newer version put there.
    """

    asset: str
    profile: str | None = None
    steps: tuple[StepPin, ...] = ()
    outputs: Mapping[str, OutputPin] = field(default_factory=dict)
    frozen: bool = False
    extra: str = ""


Name = tuple[str, str | None]
"""An asset's name and its profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """The lockfile's content: for each asset its line, or after a merge several. `damage`: lines that can't be read.

    `is_part`: there are more lines in the file than were looked for; it is for looking, and is never written.
    """

    lines: Mapping[Name, tuple[Line, ...]] = field(default_factory=dict)
    damage: tuple[Diagnostic, ...] = ()
    is_part: bool = False

    def alternatives(self, asset: str, profile: str | None = None) -> tuple[Line, ...]:
        """The lines of an asset; empty where it has none."""
        return self.lines.get((asset, profile), ())

    def put(self, *lines: Line) -> Lock:
        """A lock in which each of these is its asset's only line."""
        changed = {(line.asset, line.profile): (line,) for line in lines}
        return replace(self, lines={**self.lines, **changed})

    def drop(self, *names: Name) -> Lock:
        """A lock without the lines of these assets."""
        kept = {name: lines for name, lines in self.lines.items() if name not in names} if names else self.lines
        return replace(self, lines=kept)

    def require_whole(self) -> None:
        """Raises Problem `lock-damaged` (exit 8) where lines could not be read, ValueError for a part of a lock: writing
        would lose lines."""
        if self.is_part:
            raise ValueError("a part of a lock is never written")
        if self.damage:
            raise Problem(self.damage, ExitCode.INTEGRITY)


def read(path: Path) -> Lock:
    """The lock at `path`; empty where there is no file. Lines that can't be read are its `damage`.

    Raises Problem `lock-too-new` (exit 8); OSError as `open` does.
    """
    try:
        data = read_file(path)
    except FileNotFoundError:
        return Lock()
    return parse(data, path.name)


def parse(data: bytes, name: str) -> Lock:
    """The lock that a file's bytes hold; `name` is how messages call the file. Raises Problem `lock-too-new`."""
    source = Source(name, data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace"))
    found: dict[Name, list[Line]] = {}
    damage: list[Diagnostic] = []
    for number, text in _sides(source.lines):
        try:
            line = _line(text)
        except (ValueError, RecursionError):
            damage.append(_damaged(source, number))
            continue
        if line is not None:
            lines = found.setdefault((line.asset, line.profile), [])
            if line not in lines:
                lines.append(line)
    return Lock(lines={key: tuple(lines) for key, lines in found.items()}, damage=tuple(damage))


def part(data: bytes, texts: Iterable[str]) -> Lock | None:
    """Of a lockfile as `render` writes it, the lines that hold any of these names or paths; None for any other file.

    It takes the time of a search. A line that holds a text in another sense comes along. Raises Problem `lock-too-new`.
    """
    marks = (b"\n<<<", b"\n|||", b"\n===", b"\n>>>")
    if not data.startswith(f"{HEADER}\n".encode()) or data[-1:] != b"\n" or any(mark in data for mark in marks):
        return None
    starts: set[int] = set()
    for text in texts:
        needle, found = json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass"), -1
        while (found := data.find(needle, found + 1)) >= 0:
            starts.add(data.rfind(b"\n", 0, found) + 1)
    lines = [data[start : data.find(b"\n", start)] for start in sorted(starts)]
    return replace(parse(b"\n".join(lines), "assets.lock"), is_part=True)


def _sides(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Numbered lines, without conflict markers and without the common ancestor that diff3 style shows between
    `|||||||` and `=======`: both sides come from it. An ancestor without end is no ancestor and is read too."""
    ancestor: list[tuple[int, str]] | None = None
    for number, raw in enumerate(lines, 1):
        text = raw.rstrip("\r")
        marker = MARKER.fullmatch(text)
        if marker is None:
            if ancestor is not None:
                ancestor.append((number, text))
            elif text.strip():
                yield number, text
        elif marker[1].startswith("|"):
            ancestor = ancestor or []
        elif marker[1].startswith("="):
            ancestor = None
        elif ancestor is not None:
            yield from ancestor
            ancestor = None
    yield from ((number, text) for number, text in ancestor or () if text.strip())


def _line(text: str) -> Line | None:
    """The line that a text is; None for the header. Raises ValueError for anything else, Problem for a newer format."""
    body = json.loads(text)
    if not isinstance(body, dict):
        raise ValueError("no object")
    if "format" in body:
        _check_format(body["format"])
        return None
    text.encode()  # a lone surrogate could not be written again
    steps, outputs = body.get("steps", []), body.get("outputs", {})
    if not isinstance(steps, list) or not isinstance(outputs, dict):
        raise ValueError("steps or outputs of another kind")
    return Line(
        asset=_text(body.get("asset")),
        profile=_maybe(body.get("profile")),
        steps=tuple(map(_step, steps)),
        outputs={_text(path): _output(pin) for path, pin in outputs.items()},
        frozen=body.get("frozen") is True,
        extra=_extra(body, LINE_FIELDS),
    )


def _check_format(value: object) -> None:
    named = NAMED_FORMAT.fullmatch(value) if isinstance(value, str) else None
    if named is None:
        raise ValueError("not a lock's header")
    if int(named[1]) > 1:
        raise problem(
            "lock-too-new",
            f"the lockfile has format '{value}', this version reads '{FORMAT}'",
            help="update pixmake to the version that wrote assets.lock",
            exit_code=ExitCode.INTEGRITY,
        )


def _step(body: object) -> StepPin:
    if not isinstance(body, dict):
        raise ValueError("no step")
    variants = body.get("variants", [])
    if not isinstance(variants, list):
        raise ValueError("no variants")
    return StepPin(
        key=_digest(body.get("key")),
        variants=tuple(map(_digest, variants)),
        pick=None if body.get("pick") is None else _digest(body["pick"]),
        model=_maybe(body.get("model")),
        size=_maybe(body.get("size")),
        written=_maybe(body.get("for")),
        shown=_shown(body.get("shown")),
        extra=_extra(body, STEP_FIELDS),
    )


def _shown(body: object) -> tuple[str, Digest] | None:
    if body is None:
        return None
    if not isinstance(body, dict):
        raise ValueError("no picture")
    return _text(body.get("identity")), _digest(body.get("digest"))


def _extra(body: Mapping[str, object], known: frozenset[str]) -> str:
    """What this version doesn't know of a line, kept so that an older tool loses nothing of a newer one."""
    rest = {name: value for name, value in body.items() if name not in known}
    text = json.dumps(rest, ensure_ascii=False, sort_keys=True) if rest else ""
    return text.encode().decode()  # raises where it could not be written again


def _output(body: object) -> OutputPin:
    if not isinstance(body, dict):
        raise ValueError("no output")
    return OutputPin(recipe=_text(body.get("recipe")), digest=_digest(body.get("digest")))


def _digest(value: object) -> Digest:
    if not is_digest(value):
        raise ValueError("no digest")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("no text")
    value.encode()
    return value


def _maybe(value: object) -> str | None:
    return None if value is None else _text(value)


def _damaged(source: Source, number: int) -> Diagnostic:
    return Diagnostic(
        code="lock-damaged",
        message=f"line {number} of the lockfile is not one of its lines",
        span=Span(source=source, line=number, column=1, length=len(source.line(number))),
        help=f"`git checkout {source.name}`, or delete the line: it is rebuilt from the store's records for $0",
    )


def settle(alternatives: Sequence[Line], keys: Sequence[str | None]) -> tuple[Line, bool]:
    """One line out of an asset's alternatives, and whether they conflict. Raises ValueError for no alternatives.

    `keys` are the spec's keys by step, as many as are known yet (None: not known). The line with most matching steps
    wins, the first among equals. It takes in the others' candidates where keys are equal, their picks where it has
    none, their further outputs and what newer versions wrote, and is frozen if any is. A conflict: two lines match as
    well as any and picked differently; also where none matches and one is frozen, as then the old pick is what ships.
    """
    if not alternatives:
        raise ValueError("no line to settle")
    ranked = sorted(alternatives, key=lambda line: -_matching(line, keys))
    best = _matching(ranked[0], keys)
    rivals = [line for line in ranked if _matching(line, keys) == best]
    frozen = any(line.frozen for line in alternatives)
    line = Line(
        asset=ranked[0].asset,
        profile=ranked[0].profile,
        steps=tuple(_united(step, ranked) for step in ranked[0].steps),
        outputs={path: pin for other in reversed(ranked) for path, pin in other.outputs.items()},
        frozen=frozen,
        extra=_both([other.extra for other in ranked]),
    )
    return line, (best > 0 or frozen) and _picked_differently(rivals)


def _matching(line: Line, keys: Sequence[str | None]) -> int:
    return sum(key is not None and step.key == key for step, key in zip(line.steps, keys, strict=False))


def _united(step: StepPin, lines: Iterable[Line]) -> StepPin:
    """The step with all candidates that any line has for its key: its own first, so that numbers for `pick` stand."""
    same = [other for line in lines for other in line.steps if other.key == step.key]
    variants = dict.fromkeys(step.variants)
    for other in same:
        variants |= dict.fromkeys(other.variants)
    pick = step.pick or next((other.pick for other in same if other.pick), None)
    shown = step.shown or next((other.shown for other in same if other.shown), None)
    extra = _both([step.extra, *(other.extra for other in same)])
    return replace(step, variants=tuple(variants), pick=pick, shown=shown, extra=extra)


def _both(extras: Sequence[str]) -> str:
    """What several lines hold that this version doesn't know, the first of them above the others."""
    rest = {name: value for extra in reversed(extras) if extra for name, value in json.loads(extra).items()}
    return json.dumps(rest, ensure_ascii=False, sort_keys=True) if rest else ""


def _picked_differently(lines: Sequence[Line]) -> bool:
    picks: dict[tuple[int, str], set[Digest]] = {}
    for line in lines:
        for index, step in enumerate(line.steps):
            if step.pick:
                picks.setdefault((index, step.key), set()).add(step.pick)
    return any(len(found) > 1 for found in picks.values())


def written_digests(alternatives: Iterable[Line], path: str) -> frozenset[Digest]:
    """Digests of all that any of the lines says was written at an output path: such a file is ours, not edited."""
    return frozenset(line.outputs[path].digest for line in alternatives if path in line.outputs)


def orphans(lock: Lock, names: Collection[Name]) -> tuple[Name, ...]:
    """Assets that have lines but are not among `names`, sorted. Give it the names of every profile in the lock."""
    return tuple(sorted((name for name in lock.lines if name not in names), key=order))


def render(lock: Lock) -> str:
    """The file's text: sorted, compact, one line an asset, profile and alternative."""
    lines = [rendered(line) for name in sorted(lock.lines, key=order) for line in lock.lines[name]]
    return "\n".join([HEADER, *lines]) + "\n"


def order(name: Name) -> tuple[str, str]:
    """The key by which the file is sorted."""
    return (name[0], name[1] or "")


def rendered(line: Line) -> str:
    """A line as the file has it, without its end."""
    body: dict[str, object] = {
        "asset": line.asset,
        "steps": [_step_body(step) for step in line.steps],
        "outputs": {path: {"recipe": pin.recipe, "digest": pin.digest} for path, pin in line.outputs.items()},
    }
    if line.profile is not None:
        body["profile"] = line.profile
    if line.frozen:
        body["frozen"] = True
    body |= json.loads(line.extra or "{}")
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _step_body(step: StepPin) -> dict[str, object]:
    body: dict[str, object] = {
        "key": step.key,
        "variants": list(step.variants),
        "pick": step.pick,
        "model": step.model,
        "size": step.size,
        "for": step.written,
    }
    if step.shown is not None:
        body["shown"] = {"identity": step.shown[0], "digest": step.shown[1]}
    body |= json.loads(step.extra or "{}")
    return body


def write(path: Path, lock: Lock) -> bool:
    """Writes the lock where its text differs from the file's (line ends apart); whether it wrote. Never half a file.

    Raises Problem: `lock-damaged` where lines could not be read, `disk-full` and the like.
    """
    lock.require_whole()
    data = render(lock).encode()
    try:
        if read_file(path).replace(b"\r\n", b"\n") == data:
            return False
    except FileNotFoundError:
        if not lock.lines:
            return False
    with writing(path):
        replace_file(path, data)
    return True
