"""Makes `src/pixmake/providers/draft/data/icons.sqlite`, the corpus of the draft provider. Not run at install time.

The sources are npm packages; fetch and unpack them into one folder, then run this script on that folder:

    npm pack @iconify-json/noto@1.2.9 @iconify-json/fluent-emoji-flat@1.2.6 @iconify-json/game-icons@1.2.4 emojilib@4.0.3
    for f in *.tgz; do mkdir -p "${f%.tgz}" && tar xzf "$f" -C "${f%.tgz}"; done
    python tools/build_icons.py FOLDER

The database holds `icon` (drawings, zlib with the preset dictionary of `shared`) and `term` (an inverted index:
word or phrase to icons with weights). Weights: see `terms_of`. Same input, same rows in the same order.
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from pixmake.providers.draft.lexicon import words
from pixmake.providers.draft.stems import stem

TARGET = Path(__file__).parents[1] / "src/pixmake/providers/draft/data/icons.sqlite"
SETS = {"noto": 128, "fluent-emoji-flat": 32, "game-icons": 512}
SHORT = {"noto": "noto", "fluent-emoji-flat": "fluent", "game-icons": "game"}

DROPPED = re.compile(
    r"(^|-)(skin|dark|light|medium|keycap|oclock|thirty|futhark|roman|tarot|meeple|button|buttons|tone)(-|$)"
    r"|^(flag-|family|kiss-|couple-with|people-|men-|women-|letter-|abstract-|card-\w+-|dice-six-faces|digit-"
    r"|japanese-(?!castle|dolls|post)|perspective-dice|inverted-dice|backhand|index-pointing|twitter|facebook)"
    r"|(haired|-hair|pouting|frowning|gesturing-\w+|tipping-hand|raising-hand|facepalming|shrugging|bowing|white-cane"
    r"|wheelchair|-facing-right|massage|haircut|with-veil|feeding-baby|bunny-ears|kneeling|arrow-curving)$"
)
KEPT_LIGHT = re.compile(
    r"traffic-light|light-bulb|light-house|lightsaber|medium-star|light-blue|dark-knight|dark-squad"
)
FLAGS = ("pirate-flag", "rainbow-flag", "white-flag", "black-flag", "chequered-flag", "triangular-flag")
COUNTRIES = "afghanistan algeria angola australia brazil canada egypt france germany libya mali niger nigeria spain"
NAMED = {
    "gray": "#808080", "red": "#f00", "silver": "#c0c0c0", "white": "#fff", "black": "#000", "maroon": "#800000",
    "navy": "#000080", "orange": "#ffa500", "yellow": "#ff0", "tan": "#d2b48c", "snow": "#fffafa", "pink": "#ffc0cb",
    "gold": "#ffd700", "purple": "#800080", "linen": "#faf0e6", "peru": "#cd853f", "tomato": "#ff6347",
    "plum": "#dda0dd", "coral": "#ff7f50", "sienna": "#a0522d", "olive": "#808000", "green": "#008000",
    "khaki": "#f0e68c", "indigo": "#4b0082", "ivory": "#fffff0", "beige": "#f5f5dc", "brown": "#a52a2a",
    "salmon": "#fa8072", "teal": "#008080", "orchid": "#da70d6", "bisque": "#ffe4c4", "wheat": "#f5deb3",
}  # fmt: skip
LARGEST = 16_000
LARGE = 9_500
"""Characters: longer drawings of noto give way to the flat one of the same name."""
VAGUE = words(
    "animal nature face fun cute object tool symbol person people human man woman men women male female food sign "
    "place mood emotion thing cool nice shape white black red blue green yellow orange purple brown pink color "
    "activity sport flower plant vehicle transportation building weather smile love like happy yes no good bad"
)


def main(folder: Path) -> None:
    """Write the database anew from the packages unpacked in `folder`."""
    TARGET.unlink(missing_ok=True)
    rows = list(numbered(folder))
    shared = dictionary(body for *_, body, _ in rows)
    with sqlite3.connect(TARGET) as base:
        base.execute("PRAGMA page_size = 1024")
        base.execute("CREATE TABLE shared (dictionary BLOB)")
        base.execute("CREATE TABLE icon (id INTEGER PRIMARY KEY, name TEXT UNIQUE, box INTEGER, body BLOB)")
        base.execute("CREATE TABLE term (word TEXT PRIMARY KEY, hits BLOB) WITHOUT ROWID")
        base.execute("INSERT INTO shared VALUES (?)", [shared])
        index: dict[str, list[tuple[int, int]]] = {}
        for number, name, box, body, words in rows:
            base.execute("INSERT INTO icon VALUES (?, ?, ?, ?)", [number, name, box, packed(body, shared)])
            for word, weight in words.items():
                index.setdefault(word, []).append((-weight, number))
        base.executemany("INSERT INTO term VALUES (?, ?)", [(word, hits_of(index[word])) for word in sorted(index)])
    with sqlite3.connect(TARGET) as base:
        base.execute("VACUUM")
    print(len(rows), "icons,", TARGET.stat().st_size, "bytes")  # noqa: T201


def hits_of(found: list[tuple[int, int]]) -> bytes:
    """The best hits of a word, three bytes each: icon number (big-endian), weight."""
    return b"".join(number.to_bytes(2, "big") + bytes([-negative]) for negative, number in sorted(found)[:60])


def numbered(folder: Path) -> Iterator[tuple[int, str, int, str, dict[str, int]]]:
    """Number, name (`noto:fox`), view box, body and index terms of every icon that is kept."""
    keywords = emoji_words(folder)
    fluent = json.loads(next(folder.glob("iconify-json-fluent-*/package/icons.json")).read_text())["icons"]
    number = 0
    for long, box in SETS.items():
        package = next(folder.glob(f"iconify-json-{long}-*/package"))
        icons = json.loads((package / "icons.json").read_text())
        flags = set(json.loads((package / "metadata.json").read_text()).get("categories", {}).get("Flags", ()))
        names = icon_names(package)
        aliases = alias_names(icons)
        for name, icon in sorted(icons["icons"].items()):
            if not kept(name, icon, flags) or (long == "noto" and len(icon["body"]) > LARGE and name in fluent):
                continue
            number += 1
            words = terms_of(name, aliases.get(name, ()), keywords.get(names.get(name, ""), ()))
            yield number, f"{SHORT[long]}:{name}", box, tidy(icon["body"]), words


def kept(name: str, icon: dict[str, object], flags: set[str]) -> bool:
    """Whether an icon is worth its bytes: no skin tones, countries, clocks, letters or giants."""
    if icon.get("hidden") or len(str(icon["body"])) > LARGEST:
        return False
    if name in flags and name not in FLAGS:
        return False
    return name not in COUNTRIES.split() and (not DROPPED.search(name) or bool(KEPT_LIGHT.search(name)))


def emoji_words(folder: Path) -> dict[str, list[str]]:
    """Keywords of emojilib by the emoji's code points, as Iconify writes them (`1f98a`)."""
    package = next(folder.glob("emojilib-*/package"))
    data = json.loads((package / "dist/emoji-en-US.json").read_text())
    return {"-".join(f"{ord(sign):x}" for sign in emoji if ord(sign) != 0xFE0F): words for emoji, words in data.items()}


def icon_names(package: Path) -> dict[str, str]:
    """Icon name to code points."""
    chars = json.loads((package / "chars.json").read_text())
    return {name: code.replace("-fe0f", "") for code, name in dict(chars).items()} if chars else {}


def alias_names(icons: dict[str, dict[str, dict[str, object]]]) -> dict[str, list[str]]:
    """Icon name to its other names."""
    found: dict[str, list[str]] = {}
    for alias, entry in sorted(icons.get("aliases", {}).items()):
        if not DROPPED.search(alias):
            found.setdefault(str(entry["parent"]), []).append(alias)
    return found


def terms_of(name: str, aliases: Iterable[str], keywords: Iterable[str]) -> dict[str, int]:
    """Index words of an icon: 100 for the whole name, 70 and less for its end, 55 for its parts, 30 for keywords."""
    found: dict[str, int] = {}

    def add(word: str, weight: int) -> None:
        if word:
            found[word] = max(found.get(word, 0), weight)

    for rank, title in enumerate([name, *aliases]):
        parts = [stem(part) for part in re.split(r"[-_\s]+", title) if part and not part.isdigit()]
        core = [part for part in parts if part not in ("face", "head", "with", "of", "the", "person")] or parts
        less = 4 * rank if rank < 4 else 14
        add(" ".join(parts), 100 - less)
        add(" ".join(core), 94 - less)
        for start in range(1, len(core)):
            add(" ".join(core[start:]), 72 - 6 * start - less)
            add(" ".join(core[:start]), 58 - 5 * (len(core) - start) - less)
        for part in core:
            add(part, 52 - 5 * len(core) - less)
    for keyword in keywords:
        parts = [stem(part) for part in re.split(r"[-_\s]+", keyword.lower()) if part]
        vague = len(parts) == 1 and keyword in VAGUE
        if all(part.isalpha() for part in parts):
            add(" ".join(parts), 12 if vague else 32)
    return found


def tidy(body: str) -> str:
    """The body with ids `~a`, `~b` … (the reader replaces `~`) and every colour in hexadecimal."""
    assert "~" not in body, body
    for position, old in enumerate(dict.fromkeys(re.findall(r'\bid="([^"]+)"', body))):
        body = re.sub(
            rf"(?<=[\"#]){re.escape(old)}(?=[\")])", f"~{chr(97 + position // 26)}{chr(97 + position % 26)}", body
        )

    def colour(match: re.Match[str]) -> str:
        value = match[2]
        if value.startswith(("#", "url(")) or value in ("none", "currentColor"):
            return match[0]
        if value.startswith("rgba("):
            red, green, blue, alpha = (float(part) for part in value[5:-1].split(","))
            opacity = "stop-opacity" if match[1] == "stop-color" else f"{match[1]}-opacity"
            return f'{match[1]}="#{round(red):02x}{round(green):02x}{round(blue):02x}" {opacity}="{alpha:g}"'
        return f'{match[1]}="{NAMED[value]}"'

    return re.sub(r'\b(fill|stroke|stop-color)="([^"]*)"', colour, body)


def dictionary(bodies: Iterable[str]) -> bytes:
    """A preset dictionary for zlib: a sample of bodies' openings, the commonest kind last."""
    sample = [body[:420] for body in bodies]
    return "".join(sample[:: max(1, len(sample) // 70)]).encode()[-32_000:]


def packed(body: str, shared: bytes) -> bytes:
    """The body, deflated with the preset dictionary."""
    press = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, shared)
    return press.compress(body.encode()) + press.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
