"""The half of the state machine that builds nothing: what people write into specs, and what befalls files."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from fakes.counting import png
from laws.books import Books, damage_file
from laws.house import House, Room
from laws.running import quick_folder
from laws.sketch import FORMATS, SIZES, TURNS, WORDS, Drawing
from pixmake.store import results

SIDES = st.integers(0, 1)
ANY = st.integers(0, 7)


MOST_TORN = 300
"""Bytes of a torn line: those that are torn again and again would grow to gigabytes."""


class Weather(RuleBasedStateMachine):
    """Two checkouts, one store, one shop; specs and files change under the builders."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = quick_folder("life-")
        self.patch = pytest.MonkeyPatch()
        # what is young is hashed again instead of waited for; an index is written long before it pays
        self.patch.setattr("pixmake.store.memo.time.sleep", lambda seconds: None)
        self.patch.setattr(results, "INDEX_FROM", 4096)
        self.house = House(self.folder)
        self.books = Books(self.house)
        self.kept: dict[int, str] = {}
        self.at_odds = False

    # --- what people write ---------------------------------------------------------------------------------------

    @initialize(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
    def begins(self, words: list[str]) -> None:
        for room in self.house.rooms:
            for word in words:
                room.sketch.add(Drawing(word=word))
            room.write()

    def _room(self, side: int) -> Room:
        return self.house.rooms[side]

    def _name(self, room: Room, which: int) -> str | None:
        names = list(room.sketch.drawings)
        return names[which % len(names)] if names else None

    def _edit(self, side: int, which: int, change: Callable[[Room, str], object]) -> None:
        room = self._room(side)
        name = self._name(room, which)
        if name is not None:
            change(room, name)
            room.write()

    @rule(side=SIDES, which=ANY, word=st.sampled_from(WORDS))
    def says_it_otherwise(self, side: int, which: int, word: str) -> None:
        self._edit(side, which, lambda room, name: room.sketch.change(name, word=word))

    @rule(side=SIDES, which=ANY, turns=st.lists(st.sampled_from(TURNS), max_size=2), masked=st.booleans())
    def edits_the_picture(self, side: int, which: int, turns: list[str], masked: bool) -> None:
        self._edit(side, which, lambda room, name: room.sketch.change(name, turns=tuple(turns), masked=masked))

    @rule(side=SIDES, which=ANY, variants=st.integers(1, 3), pick=st.sampled_from([None, None, 1, 2, "ask"]))
    def wants_variants(self, side: int, which: int, variants: int, pick: int | str | None) -> None:
        self._edit(side, which, lambda room, name: room.sketch.change(name, variants=variants, pick=pick))

    @rule(side=SIDES, which=ANY, size=st.sampled_from(SIZES), suffix=st.sampled_from(FORMATS))
    def wants_another_file(self, side: int, which: int, size: str, suffix: str) -> None:
        self._edit(side, which, lambda room, name: room.sketch.change(name, size=size, suffix=suffix))

    @rule(side=SIDES, which=ANY)
    def renames(self, side: int, which: int) -> None:
        self._edit(side, which, lambda room, name: room.sketch.rename(name))

    @rule(side=SIDES, which=ANY)
    def removes(self, side: int, which: int) -> None:
        self._edit(side, which, lambda room, name: room.sketch.remove(name))

    @rule(side=SIDES, which=ANY, word=st.sampled_from(WORDS), built_on=st.booleans())
    def adds(self, side: int, which: int, word: str, built_on: bool) -> None:
        room = self._room(side)
        if len(room.sketch.drawings) < 5:
            origin = self._name(room, which) if built_on else None
            room.sketch.add(Drawing(word=word, origin=origin))
            room.write()

    @rule(side=SIDES, which=ANY)
    def freezes_in_the_spec(self, side: int, which: int) -> None:
        self._edit(
            side, which, lambda room, name: room.sketch.change(name, frozen=not room.sketch.drawings[name].frozen)
        )

    # --- what happens to files -----------------------------------------------------------------------------------

    @rule(which=st.integers(0, 99), wholly=st.booleans())
    def loses_an_original(self, which: int, wholly: bool) -> None:
        """A stored picture is gone, or has other bytes."""
        self.books.read()
        paths = sorted((self.house.store_folder / "cas").glob("??/*"))
        if not paths:
            return
        path = paths[which % len(paths)]
        self.books.damaged.add(path.parent.name + path.name)
        if wholly:
            path.unlink()
        else:
            damage_file(path, path.read_bytes()[:-7] + secrets.token_bytes(7))

    @rule()
    def tears_the_journal(self) -> None:
        """A writer died in the middle of a line."""
        path = self.house.store_folder / "journal.jsonl"
        if path.exists():
            line = path.read_bytes().splitlines()[-1]
            with open(path, "ab") as stream:
                stream.write(line[: min(len(line) // 2, MOST_TORN)])

    @rule(how=st.sampled_from(["gone", "garbage", "old"]))
    def loses_the_index(self, how: str) -> None:
        folder, kept = self.house.store_folder / "index", self.folder / "old-index"
        if not folder.exists():
            return
        if how == "garbage":
            (folder / "cache.db").write_bytes(secrets.token_bytes(5000))
        elif how == "old" and kept.exists():
            shutil.rmtree(folder)
            shutil.move(kept, folder)
        elif how == "old":
            shutil.copytree(folder, kept)
        else:
            shutil.rmtree(folder)

    @rule(
        side=SIDES, what=st.sampled_from([".pixmake", "assets", "assets.lock", ".pixmake/memo.json", ".pixmake/shelf"])
    )
    def deletes(self, side: int, what: str) -> None:
        room = self._room(side)
        path = room.root / what
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        if what == "assets":
            room.hand = {name: data for name, data in room.hand.items() if not name.startswith("assets/")}

    @rule(side=SIDES, which=ANY, kind=st.sampled_from(["text", "picture"]))
    def works_on_a_file(self, side: int, which: int, kind: str) -> None:
        """Somebody paints over an output, or has a file of their own at its path."""
        room = self._room(side)
        name = self._name(room, which)
        if name is None:
            return
        path = room.root / "assets" / room.sketch.file(name)
        path.parent.mkdir(exist_ok=True)
        data = png(40, 40, secrets.token_bytes(10)) if kind == "picture" else secrets.token_hex(20).encode()
        path.write_bytes(data)
        room.hand[f"assets/{path.name}"] = data

    @rule(side=SIDES)
    def leaves_a_branch(self, side: int) -> None:
        """The lock as it is now stays on another branch."""
        lock = self._room(side).lock
        self.kept[side] = lock.read_text("utf-8") if lock.exists() else ""

    @rule(side=SIDES, markers=st.booleans())
    def merges(self, side: int, markers: bool) -> None:
        """Git unites the branch's lock with the present one, or leaves it to a person, who commits the markers."""
        lock = self._room(side).lock
        if side not in self.kept or not lock.exists():
            return
        ours, theirs = lock.read_text("utf-8").splitlines(), self.kept.pop(side).splitlines()
        common = [line for line in ours if line in theirs]
        sides = [[line for line in lines if line not in common] for lines in (ours, theirs)]
        if markers:
            text = [*common, "<<<<<<< HEAD", *sides[0], "=======", *sides[1], ">>>>>>> branch"]
        else:
            text = [*common, *sides[0], *sides[1]]
        lock.write_text("\n".join(text) + "\n", "utf-8")

    @rule(side=SIDES, what=st.sampled_from(["memo.json", "snapshot"]))
    def upgrades(self, side: int, what: str) -> None:
        """Another version of the tool left its throw-away state."""
        path = self._room(side).root / ".pixmake" / what
        if path.exists():
            path.write_bytes(path.read_bytes().replace(b"/1", b"/0", 1))
