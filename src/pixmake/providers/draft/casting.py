"""Draft room: who appears in the picture. From a reading to icons, their number and their colour."""

from __future__ import annotations

from dataclasses import replace

from pixmake.providers.draft import lexicon
from pixmake.providers.draft.corpus import exists, hits, icon, stems
from pixmake.providers.draft.curated import PREFERRED
from pixmake.providers.draft.meanings import BACKDROPS, CREATURES, IDEAS, KITS, SHOWN, TINTS, VAGUE
from pixmake.providers.draft.palette import Colour, alike
from pixmake.providers.draft.reading import Reading, Segment
from pixmake.providers.draft.samples import dominant
from pixmake.values import dataclass

SURE, COMPANION, THIN = 86, 62, 26
"""Scores: the phrase is the icon's name; good enough for a side part; a keyword only."""
KIT = 99
"""The clause of roles that no clause names: the furniture of a place."""
_IDEA = 45
"""Weight of an idea's picture: it may be the subject, and never stands beside one."""
CALLINGS = lexicon.words(
    "warrior soldier knight king queen lord chief chieftain captain guard guardian hunter monster creature beast mother "
    "boss mascot champion shaman king prince princess spirit warlord general hero villain merchant rider character"
)
"""Heads of noun phrases that say less than the word before them: a goblin warrior is drawn as a goblin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """An icon with a part to play. `phrase` is what named it, `score` how surely; `dye` None: its own colours."""

    icon: str
    phrase: str
    score: int
    count: int = 1
    dye: Colour | None = None
    link: str = ""
    clause: int = 0

    @property
    def habitat(self) -> str:
        """`sky`, `sea`, `deep` or `land`: where in a scene it belongs."""
        names = {self.phrase, stems(self.icon.partition(":")[2]), self.icon.partition(":")[2]}
        names |= {self.phrase.split()[-1]}
        if names & lexicon.SKY_DWELLERS:
            return "sky"
        if names & lexicon.SWIMMERS:
            return "deep"
        return "sea" if names & lexicon.SEA_DWELLERS else "land"

    @property
    def is_setting(self) -> bool:
        """Whether the scenery or the light shows it, and no icon is needed."""
        return bool(set(self.phrase.split()) & _SETTINGS)

    @property
    def tall(self) -> bool:
        """Whether it is a building, a tree or a mountain: larger than its neighbours."""
        names = {self.phrase, *self.phrase.split(), *self.icon.partition(":")[2].split("-")}
        return bool(names & lexicon.BUILDINGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The subject (None: nothing was recognised) and the others in order of importance."""

    subject: Role | None
    others: tuple[Role, ...]


def cast(reading: Reading, *, flat: bool = False) -> Cast:
    """Who plays. `flat`: prefer flat drawings to shaded ones where both exist."""
    roles: list[Role] = []
    count_ahead = 1
    for number, segment in enumerate(reading.segments):
        count = max(count_ahead, _count(segment))
        if _only_contains(segment, reading.segments[number + 1 : number + 2]):
            count_ahead = count
            continue
        count_ahead = count if segment.words and not _named_things(segment) else 1
        roles.extend(_roles(segment, count))
    roles = [_specified(role, reading.words) for role in roles]
    subject = _subject(roles)
    roles += _kit(reading.words, subject)
    subject = subject or next(iter(roles), None)
    others: list[Role] = []
    for role in roles:
        if role is subject or role.link == "for" or role.score < COMPANION or (subject and _shows(subject, role)):
            continue
        if all(role.icon != other.icon for other in others) and role.phrase not in _SCENERY:
            others.append(role)
    others = others[:6]
    if not flat:
        return Cast(subject=subject, others=tuple(others))
    return Cast(subject=subject and _flattened(subject), others=tuple(_flattened(role) for role in others))


_USUAL_CREATURE = "noto:hedgehog"


def _specified(role: Role, named: frozenset[str]) -> Role:
    """A mere `creature` as the one that the prompt's other words make likely."""
    if role.phrase not in VAGUE:
        return role
    fitting = (name for hints, name in CREATURES if hints & named)
    return replace(role, icon=next(fitting, _USUAL_CREATURE))


def _kit(named: frozenset[str], subject: Role | None) -> list[Role]:
    """What stands in the place that is named: all of it where nobody is, the rest where that is the subject."""
    place = next((word for word in sorted(named) if word in KITS), "")
    if not place or (subject is not None and subject.icon not in KITS[place]):
        return []
    return [
        Role(icon=_present(name), phrase=name.partition(":")[2], score=SURE, clause=KIT, link="and")
        for name in KITS[place]
        if subject is None or name != subject.icon
    ]


def _shows(subject: Role, role: Role) -> bool:
    """Whether the subject's icon shows a role already: its own thing, or a part of it."""
    return role.icon == subject.icon or role.phrase in SHOWN.get(subject.icon, ())


_SCENERY = lexicon.words(
    "night day sunset sunrise sky forest winter autumn summer spring snow rain fog sea ocean beach desert mountain hill "
    "city space light dark sand field meadow water wave horizon dawn dusk morning evening cave dungeon room star "
    "background ground sun moon cloud storm grass street kitchen garden park hour cliff table desk window wall floor shelf "
    "branch lawn path road lighting studio light swamp marsh valley shore coast wood jungle office cafe restaurant tavern "
    "scene landscape skyline horizon ledge hilltop countryside village town downtown frame border screen pond river lake "
    "pool mars mar galaxy nebula universe orbit kingdom dusk dark weather surface corner style environment red black white"
)
"""Words that the scenery draws itself."""
_HALLS = tuple((word,) for word in ["room", "hall", "office", "shop", "store", "clinic", "factory"])
"""Rooms that are called after what is in them."""
_SETTINGS = frozenset(_SCENERY - {"sun", "moon", "star", "cloud", "red", "black", "white"})


def _only_contains(segment: Segment, following: tuple[Segment, ...]) -> bool:
    """Whether a phrase like `a cup` stands before `of coffee`, where the coffee is what is drawn."""
    if not following or following[0].link != "of" or not segment.words:
        return False
    return segment.words[-1] in lexicon.CONTAINERS and bool(_roles(following[0], 1))


def twin(name: str, source: str) -> str:
    """The icon of the same name in another source, or `name` where there is none."""
    title = name.partition(":")[2]
    for other in (f"{source}:{title}", f"{source}:person-{title}"):
        if exists(other):
            return other
    return name


def _flattened(role: Role) -> Role:
    if not role.icon.startswith("noto:"):
        return role
    return Role(
        icon=twin(role.icon, "fluent"), phrase=role.phrase, score=role.score, count=role.count, dye=role.dye,
        link=role.link, clause=role.clause,
    )  # fmt: skip


def _subject(roles: list[Role]) -> Role | None:
    """The first sure one of the first clauses; else the best, early ones before late ones."""
    best, best_score = None, 0.0
    for rank, role in enumerate(roles):
        score = role.score - 7 * role.clause - 3 * rank
        if role.link in lexicon.BEFORE_PLACE or role.phrase in _SCENERY:
            score -= 24
        if role.link in lexicon.BEFORE_COMPANION or role.link.endswith("ing"):
            score -= 30 if role.link == "for" else 12
        if role.link == "of":
            score += 4
        if role.score >= THIN and (best is None or score > best_score):
            best, best_score = role, score
    return best


def _named_things(segment: Segment) -> list[str]:
    return [word for word in segment.words if word not in lexicon.BLAND and word not in lexicon.CONTAINERS]


def _count(segment: Segment) -> int:
    for number, word in enumerate(segment.words):
        if word in lexicon.NUMBERS:
            return lexicon.NUMBERS[word]
        last = number > 0 and number == len(segment.words) - 1  # `a sword +5` is one sword
        if word.isdigit() and 2 <= int(word) <= 12 and not last:
            return int(word)
    return 1


def _roles(segment: Segment, count: int) -> list[Role]:
    """The phrase of a segment that names an icon best, and a second one that doesn't overlap it."""
    words = segment.words
    options: list[tuple[int, int, int, str, str]] = []
    for start in range(len(words)):
        for length in (3, 2, 1):
            chunk = words[start : start + length]
            if len(chunk) < length or any(word in lexicon.STYLES and length == 1 for word in chunk):
                continue
            if length == 1 and _mute(chunk[0]):
                continue
            end = start + length
            found = lookup(" ".join(chunk))
            if found:
                name, weight = found
                is_head = all(_mute(word) for word in words[end:]) or (weight >= 100 and words[end:] in _HALLS)
                if (weight < SURE and (not is_head or chunk[-1] in _SCENERY)) or (
                    length == 1 and _is_ground(chunk[0], name, is_head=is_head)
                ):
                    continue
                if length == 1 and start > 0 and chunk[0] in CALLINGS and _names_creature(words[:start]):
                    weight -= 40
                options.append((weight + (14 if is_head else 0) + 9 * (length - 1), start, end, name, " ".join(chunk)))
    if segment.link.endswith("ing") and words and (found := lookup(f"{segment.link} {words[0]}")) and found[1] >= 100:
        options.append((found[1] + 23, 0, 1, found[0], f"{segment.link} {words[0]}"))
    if not options:
        return []
    options.sort(key=lambda option: (-option[0], -option[1]))
    chosen = [options[0]]
    score, start, end, *_ = options[0]
    chosen += [o for o in options[1:] if (o[2] <= start or o[1] >= end) and o[0] >= SURE][:1]
    roles: list[Role] = []
    for score, start, end, name, phrase in chosen:
        dye = (
            None
            if phrase.split()[0] in lexicon.COLOURS and len(phrase.split()) > 1
            else _dye(words[:start], name) or TINTS.get(stems(phrase)) or _dye(words[end : end + 1], name)
        )
        first = not roles
        many = count if first and count > 1 else 3 if _plural(phrase, name) else 1
        role = Role(
            icon=name, phrase=stems(phrase), score=score, count=many, dye=dye, link=segment.link, clause=segment.clause
        )
        roles.append(role)
    return roles


def _is_ground(word: str, name: str, *, is_head: bool) -> bool:
    """Whether a word only colours the next (`an orange cat` is a cat), or is better painted as scenery."""
    return (word in lexicon.COLOURS and not is_head) or (stems(word) in _SCENERY and name.startswith("game:"))


def _plural(phrase: str, name: str) -> bool:
    """Whether a phrase speaks of several and its icon shows one."""
    last, title = phrase.split()[-1], name.partition(":")[2]
    single = stems(last)
    alone = (
        last in PREFERRED or phrase in PREFERRED or last in ("glasses", "scissors", "boots", "shoes", "jeans", "shorts")
    )
    return (
        single != last
        and last.endswith("s")
        and not alone
        and not any(part.endswith("s") for part in title.split("-")[-1:])
    )


def _mute(word: str) -> bool:
    """Whether a single word never names a thing to draw."""
    return (
        word in lexicon.BLAND
        or word in lexicon.FRAMINGS
        or word in lexicon.STYLES
        or word in lexicon.NUMBERS
        or (word in lexicon.COLOURS and word not in ("rose", "lemon", "orange", "stone", "glass", "crystal", "gold",
                                                      "diamond", "ice", "leather", "wood"))
        or (word in lexicon.CONTAINERS and lookup(word) is None)
        or word in ("dark", "light", "sunny", "snowy", "rainy", "foggy", "wintry", "stormy", "misty")
        or len(word) < 2
    )  # fmt: skip


def _names_creature(before: tuple[str, ...]) -> bool:
    if any(before[-1] in hints for hints, _ in CREATURES):
        return False  # an `ice creature` is a creature
    return any(not _mute(word) and (found := lookup(word)) is not None and found[1] >= SURE for word in before[-1:])


def _dye(before: tuple[str, ...], name: str) -> Colour | None:
    """The colour of the nearest colour word before a noun; None where the thing has about that colour anyway."""
    for word in reversed(before):
        if word in lexicon.COLOURS:
            dye = lexicon.COLOURS[word]
            return None if alike(dye, dominant(icon(name))) and not name.startswith("game:") else dye
    return None


def lookup(phrase: str) -> tuple[str, int] | None:
    """The icon for a phrase and its weight (100: surely). Curated words first, then the index."""
    singular = stems(phrase)
    for text in (phrase, singular):
        if text in PREFERRED:
            return _present(PREFERRED[text]), 100
    idea = IDEAS.get(phrase) or IDEAS.get(singular)
    if idea and not any(hit.weight >= 100 for hit in hits(singular)):
        return _present(idea), _IDEA
    if singular in VAGUE:
        return _USUAL_CREATURE, 100
    best: tuple[float, str, int] | None = None
    for hit in hits(singular):
        source, _, title = hit.name.partition(":")
        if title in BACKDROPS:
            continue
        # a one-colour icon must name the thing clearly better than a coloured one; long names mean special cases
        worth = hit.weight - (9 if source == "game" else 0) - 0.25 * len(title) + (0.5 if source == "noto" else 0)
        if hit.weight < 36 and (title.startswith(("man-", "woman-")) or source == "game"):
            worth -= 8
        if best is None or worth > best[0]:
            best = (worth, hit.name, hit.weight)
    if best is None or best[2] < THIN:
        return None
    return best[1], best[2]


def _present(name: str) -> str:
    """A curated icon, in the first source that has it."""
    if exists(name):
        return name
    title = name.partition(":")[2]
    return next((other for source in ("fluent", "noto", "game") if exists(other := f"{source}:{title}")), name)
