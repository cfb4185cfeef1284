"""Which icons a prompt finds, and how it is read."""

from __future__ import annotations

import pytest

from pixmake.providers.draft import corpus, curated, figures
from pixmake.providers.draft.casting import cast
from pixmake.providers.draft.lands import LANDS
from pixmake.providers.draft.lexicon import PLACES
from pixmake.providers.draft.reading import read
from pixmake.providers.draft.translate import to_english

FOUND = {
    "a heart": "noto:red-heart",
    "an old brass key, flat vector icon, thick outline, no text, transparent background": "noto:key",
    "a red fox in a snowy forest at night": "noto:fox",
    "a health potion, pixel art sprite": "game:health-potion",
    "a treasure chest overflowing with gold coins": "noto:treasure-chest",
    "a lighthouse on a cliff at sunset with sailboats": "noto:lighthouse",
    "a bowl of ramen": "noto:steaming-bowl",
    "crossed swords": "noto:crossed-swords",
    "a goblin warrior with a rusty axe": "game:goblin-head",
    "an orc chieftain": "game:orc-head",
    "a purple slime monster": "game:slime",
    "a mimic": "game:mimic-chest",
    "a rock golem": "game:rock-golem",
    "a bat": "noto:bat",
    "a wizard": "game:wizard-face",
    "skeleton knight holding a sword and shield": "game:skeleton",
    "a steaming cup of coffee on a wooden table": "noto:hot-beverage",
    "a robot mascot for a developer tool": "noto:robot",
    "flat vector icon of a shopping cart": "noto:shopping-cart",
    "steam train crossing a bridge": "noto:locomotive",
    "submarine exploring a coral reef": "game:submarine",
    "ein roter Fuchs im verschneiten Wald bei Nacht": "noto:fox",
    "ein Leuchtturm am Meer": "noto:lighthouse",
    "Schatztruhe mit Goldmünzen, kein Text": "noto:treasure-chest",
    "un château dans la forêt": "noto:castle",
    "una llave de oro": "noto:key",
    "雪の森の狐": "noto:fox",
    "一只猫": "noto:cat",
    '{"style": "flat", "negative_prompt": "a dog", "subject": "an owl", "size": "1024x1024"}': "noto:owl",
    '```json\n{"scene": {"subject": "a dragon"}}\n```': "noto:dragon",
    "Subject: a castle\nStyle: watercolor\nNo people, no text.": "noto:castle",
    "Image 2: a wolf's palette.\n\na calm otter": "noto:otter",
}


@pytest.mark.parametrize("prompt", FOUND)
def test_a_prompt_finds_its_subject(prompt: str) -> None:
    subject = cast(read(prompt)).subject
    assert subject is not None and subject.icon == FOUND[prompt]


def test_what_is_denied_is_not_drawn() -> None:
    players = cast(read("a house, no dog, without any trees, don't draw a sword. Avoid clocks."))
    assert players.subject is not None and players.subject.icon == "noto:house"
    assert players.others == ()


def test_companions_come_with_the_word_that_led_to_them() -> None:
    players = cast(read("a snail wearing a top hat with three red balloons"))
    assert [(role.icon, role.link, role.count) for role in players.others] == [
        ("noto:top-hat", "wearing", 1),
        ("noto:balloon", "with", 3),
    ]


@pytest.mark.parametrize(
    ("prompt", "count"), [("three foxes", 3), ("a pair of foxes", 2), ("foxes", 3), ("a fox", 1), ("5 coins", 5)]
)
def test_numbers_are_counted(prompt: str, count: int) -> None:
    subject = cast(read(prompt)).subject
    assert subject is not None and subject.count == count


def test_a_colour_dyes_what_does_not_have_it_anyway() -> None:
    blue, red = cast(read("a blue fox")).subject, cast(read("a red fox")).subject
    assert blue is not None and blue.dye is not None
    assert red is not None and red.dye is None


def test_a_reading_knows_style_place_light_and_season() -> None:
    reading = read('A hero banner, watercolor: a village in the mountains at dusk in winter that says "Hello World"')
    assert (reading.style, reading.framing, reading.place, reading.light, reading.season) == (
        "watercolor", "scene", "mountains", "sunset", "winter",
    )  # fmt: skip
    assert reading.quotes == ("Hello World",)


def test_unknown_words_find_nothing() -> None:
    assert cast(read("qwxz blorp fnord")).subject is None
    assert cast(read("")).subject is None


def test_english_stays_and_german_little_words_depend_on_company() -> None:
    assert to_english("I see the pan") == "i see the pan"
    assert to_english("ein Boot auf der See").endswith("sea")


def test_curated_icons_exist() -> None:
    missing = [name for name in set(curated.PREFERRED.values()) if not _anywhere(name)]
    assert missing == []
    assert all(any(corpus.exists(f"{source}:{name}") for source in ("noto", "fluent")) for name in figures.HEADS)


def _anywhere(name: str) -> bool:
    title = name.partition(":")[2]
    return any(corpus.exists(f"{source}:{title}") for source in ("noto", "fluent", "game"))


def test_every_place_has_its_land() -> None:
    assert set(PLACES.values()) <= set(LANDS)
