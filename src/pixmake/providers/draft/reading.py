"""Draft room: a prompt, read. Boilerplate, negations and labels fall away; what is left says what to draw, and how."""

from __future__ import annotations

import json
import re

from pixmake.providers.draft import lexicon
from pixmake.providers.draft.corpus import hits, stems
from pixmake.providers.draft.palette import Colour, of
from pixmake.providers.draft.swatches import set_apart
from pixmake.providers.draft.translate import to_english
from pixmake.values import dataclass

LONGEST = 6_000
"""Characters that are read; a draft needs no more."""

_NEGATION = re.compile(
    r"\b(?:no|without|avoid|avoiding|exclude|excluding|don't|do not|does not|must not|never|not|free of|instead of|"
    r"rather than|keep|keeping|preserve|retain|everything else)\b[^,.;:!?\n]*"
)
_ROLE_LINE = re.compile(r"(?m)^\s*image \d+:.*$")
_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»\n]{1,60})[\"”“»]|(?<!\w)['‘]([^'’\n]{2,60})['’](?!\w)")
_CLAUSE = re.compile(r"[,.;:!?\n()\[\]{}|/—–]+|\s-\s")
_TOKEN = re.compile(r"[a-z0-9äöüßéèêàçñóíúâôîëï]+(?:[-'’][a-z0-9]+)*|[^\W\d_]+")
_ARTICLES = ("a", "an", "the")
_FIRST_KEYS = ("prompt", "subject", "main_subject", "character", "object", "title", "name", "description", "scene")
_SKIPPED_KEYS = re.compile(r"negative|avoid|exclude|model|size|seed|version|width|height|format|quality|^id$")
_ABOVE = re.compile(
    r"\b(?:top[- ]?down|top[- ]view|bird'?s?[- ]eye|overhead (?:view|shot)|(?:seen |viewed |view |shot |looking )?"
    r"(?:straight )?(?:from (?:directly |straight )?above|looking straight down)|aerial (?:view|shot|map)|flat[- ]?lay|"
    r"battle[- ]?map|floor[- ]?plan|draufsicht|vogelperspektive|von oben|vue de dessus|vue du ciel|desde arriba)\b"
    r"(?: (?:view|map|shot|plan|game|rpg)\b)*"
)
_HEX = re.compile(r"#[0-9a-f]{6}\b|#[0-9a-f]{3}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Words of one noun phrase in order, and the word that led to it (`in`, `with`, or nothing)."""

    link: str
    words: tuple[str, ...]
    clause: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a prompt says. Empty texts where it says nothing of the kind."""

    text: str
    segments: tuple[Segment, ...]
    quotes: tuple[str, ...]
    colours: tuple[Colour, ...]
    style: str
    framing: str
    light: str
    season: str
    place: str
    transparent: bool
    from_above: bool
    words: frozenset[str]


def read(prompt: str) -> Reading:
    """The prompt's meaning. Never fails: an unintelligible prompt gives a Reading without segments' worth."""
    plain = _unfold(prompt[:LONGEST])
    quotes = tuple(one or other for one, other in _QUOTED.findall(_without_negations(plain)))
    drawn = _QUOTED.sub(" , ", plain)
    if not _tells(drawn):
        drawn = plain  # nothing but words to set: they are all that says what to draw
    lower = _without_negations(_ROLE_LINE.sub("", drawn.lower()))
    text = _without_negations(to_english(_ABOVE.sub(" , ", lower)))
    tokens, swatches = set_apart(_tokens(text))
    words = [word for clause in _tokens(text) for word in clause]
    joined = " ".join(words)
    found = frozenset(words)
    return Reading(
        text=text,
        segments=tuple(_segments(tokens)),
        quotes=quotes,
        colours=tuple(dict.fromkeys([*_colours(words, text), *swatches])),
        style=_first(joined, words, lexicon.STYLES),
        framing=_first(joined, words, lexicon.FRAMINGS),
        light=_light(joined, words),
        season=_first(joined, words, lexicon.SEASONS),
        place=_place(words),
        transparent="transparent" in found,
        from_above=bool(_ABOVE.search(lower)),
        words=found,
    )


def _tokens(text: str) -> list[list[str]]:
    return [_TOKEN.findall(clause.replace("_", " ")) for clause in _CLAUSE.split(text)]


def _tells(text: str) -> bool:
    """Whether a text without its quotations has a word of its own that may be drawn."""
    known = (lexicon.BLAND, lexicon.STYLES, lexicon.FRAMINGS, lexicon.LABELS, lexicon.CONTAINERS, lexicon.BEFORE_PLACE)
    words = _TOKEN.findall(_without_negations(to_english(text)))
    return any(all(word not in table for table in known) for word in words)


def _unfold(prompt: str) -> str:
    """A JSON document's texts in reading order; other prompts as they are."""
    start = prompt.strip()
    start = re.sub(r"^```\w*\s*|\s*```$", "", start)
    if start[:1] not in ("{", "["):
        return prompt
    try:
        document = json.loads(start)
    except (ValueError, RecursionError):
        return re.sub(r'["{}\[\]]', " ", re.sub(r'"[\w -]+"\s*:', ", ", start))
    texts: list[str] = []
    _gather(document, texts, 0)
    return ". ".join(texts)


def _gather(node: object, texts: list[str], depth: int) -> None:
    if depth > 20:
        return
    if isinstance(node, str):
        texts.append(node)
    elif isinstance(node, list):
        for item in node:
            _gather(item, texts, depth + 1)
    elif isinstance(node, dict):
        keys = sorted(node, key=lambda key: _FIRST_KEYS.index(key.lower()) if key.lower() in _FIRST_KEYS else 99)
        for key in keys:
            if not _SKIPPED_KEYS.search(key.lower()):
                _gather(node[key], texts, depth + 1)


def _without_negations(text: str) -> str:
    return _NEGATION.sub(" , ", text)


def _segments(clauses: list[list[str]]) -> list[Segment]:
    """Noun phrases: clauses, cut at prepositions, `and`, participles. Labels (`subject:`) are dropped."""
    made: list[Segment] = []
    for number, clause in enumerate(clauses):
        link = ""
        held: list[str] = []
        if len(clause) == 1 and clause[0] in lexicon.LABELS:
            continue
        for at, word in enumerate(clause):
            doing = (
                word.endswith("ing") and len(word) > 4 and word not in lexicon.ING_NOUNS and word not in lexicon.BLAND
            )
            if word in _ARTICLES and len(_telling(held)) > 1:
                # `a firefighter saves a cat`: the verb goes, and what follows is another thing
                made.append(
                    Segment(link=link, words=tuple(held[:-1] if _may_be_verb(held[-1]) else held), clause=number)
                )
                link, held = "doing", [word]
                continue
            if doing or word in lexicon.BEFORE_PLACE or word in lexicon.BEFORE_COMPANION or word == "of":
                if word == "of" and held and _is_name(clause[at - 1 : at + 2]):
                    held.append(word)
                    continue
                if held or link:
                    made.append(Segment(link=link, words=tuple(held), clause=number))
                link, held = word, []
            else:
                held.append(word)
        if held:
            made.append(Segment(link=link, words=tuple(held), clause=number))
    return [segment for segment in made if segment.words or segment.link == "of"]


def _telling(words: list[str]) -> list[str]:
    return [word for word in words if word not in lexicon.BLAND]


def _may_be_verb(word: str) -> bool:
    return word.endswith("s") or not any(hit.weight >= 100 for hit in hits(stems(word)))


def _is_name(words: list[str]) -> bool:
    """Whether words about an `of` are one name, as `statue of liberty` is."""
    return len(words) == 3 and any(hit.weight >= 100 for hit in hits(stems(" ".join(words))))


def _first(joined: str, words: list[str], table: dict[str, str]) -> str:
    """The meaning of the earliest word that the table knows; two-word entries are looked for first."""
    for phrase, value in table.items():
        if " " in phrase and phrase in joined:
            return value
    for word in words:
        found = table.get(word) or table.get(stems(word))
        if found:
            return found
    return ""


def _light(joined: str, words: list[str]) -> str:
    found = [lexicon.LIGHTS[word] for word in words if word in lexicon.LIGHTS and word not in ("dark", "bright")]
    if "golden hour" in joined:
        return "sunset"
    if found:
        return "night" if "night" in found else found[0]
    return "night" if "dark" in words and ("scene" in words or "sky" in words) else ""


def _place(words: list[str]) -> str:
    """The place named most; at equal count the earliest, but a wide place (sea, forest) beats `sky` and `room`."""
    counts: dict[str, int] = {}
    if any(
        pair in (("on", "moon"), ("moon", "surface"), ("on", "mars"))
        for pair in zip(words, _after_articles(words), strict=False)
    ):
        return "moon"
    for word in words:
        value = lexicon.PLACES.get(word) or lexicon.PLACES.get(stems(word))
        if value:
            counts[value] = counts.get(value, 0) + (2 if value not in ("sky", "castle", "field") else 1)
    return max(counts, key=lambda place: counts[place]) if counts else ""


def _after_articles(words: list[str]) -> list[str]:
    """The word that follows each word, articles skipped."""
    return [
        next((later for later in words[number + 1 :] if later not in ("the", "a")), "") for number in range(len(words))
    ]


def _colours(words: list[str], text: str) -> tuple[Colour, ...]:
    named = [lexicon.COLOURS[word] for word in words if word in lexicon.COLOURS]
    return tuple(dict.fromkeys([of(code) for code in _HEX.findall(text)] + named))
