"""Which icons a prompt finds, and how it is read."""

from __future__ import annotations

import pytest

from pixmake.providers.draft import corpus, curated, figures, meanings
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
    "a gas giant with rings": "noto:ringed-planet",
    "a server room with cables": "game:server-rack",
    "Paris, Eiffel tower at dusk": "noto:tokyo-tower",
    "Statue of Liberty, New York": "noto:statue-of-liberty",
    "神社": "noto:shinto-shrine",
    "a Japanese shrine with a torii gate": "noto:shinto-shrine",
    "a top-down map of a camp": "noto:tent",
    "a friendly forest creature": "noto:hedgehog",
    "a sleepy creature of the night": "noto:owl",
    "an ice creature in a frozen cave": "noto:penguin",
    "a slime creature": "game:slime",
    "an orange": "noto:tangerine",
    "trust": "noto:handshake",
    "a dentist office": "noto:tooth",
    "a firefighter saves a cat from a tree": "fluent:firefighter",
    "ein Feuerwehrmann rettet eine Katze vom Baum": "fluent:firefighter",
    'poster "Wolf"': "noto:wolf",
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
    ("prompt", "count"),
    [("three foxes", 3), ("a pair of foxes", 2), ("foxes", 3), ("a fox", 1), ("5 coins", 5), ("a sword +5", 1)],
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


@pytest.mark.parametrize(
    ("prompt", "colours"),
    [
        ("a logo in orange and teal", {(240, 127, 46), (43, 179, 163)}),
        ("orange, lime and navy palette", {(240, 127, 46), (139, 212, 72), (29, 47, 111)}),
        ("make it orange and gold", {(240, 127, 46), (242, 181, 29)}),
        ("palette: salmon, gold", {(255, 127, 110), (242, 181, 29)}),
        ("a cover in deep purple and gold at night", {(139, 79, 216), (242, 181, 29)}),
    ],
)
def test_colours_of_a_palette_are_no_fruit_and_no_treasure(
    prompt: str, colours: set[tuple[int, int, int]]
) -> None:  # fmt: skip
    reading = read(prompt)
    assert cast(reading).subject is None
    assert set(reading.colours) >= colours


def test_fruit_stays_fruit_and_colours_of_one_thing_dye_it() -> None:
    fruit, owl = cast(read("an orange and a lemon")), cast(read("a navy and gold owl"))
    assert fruit.subject is not None and "orange" in fruit.subject.phrase and len(fruit.others) == 1
    assert owl.subject is not None and owl.subject.icon == "noto:owl" and owl.subject.dye == (29, 47, 111)
    assert owl.others == () and cast(read("an orange cat")).others == ()
    for prompt in ("a red rose", "red rose", "white rose in a vase", "pink rose and gold ring"):
        subject = cast(read(prompt)).subject
        assert subject is not None and subject.icon == "noto:rose"


def test_words_to_be_set_are_no_actors() -> None:
    reading = read('album cover titled "First light", mountains')
    players = cast(reading)
    assert reading.quotes == ("First light",)
    assert players.subject is not None and players.subject.icon == "noto:snow-capped-mountain"
    assert players.others == ()


@pytest.mark.parametrize(
    "prompt", ["at night", "make it a night scene", "the same at night", "at sunset", "foggy", "snowy night"]
)
def test_light_and_weather_add_nobody(prompt: str) -> None:
    players = cast(read(prompt))
    assert [role for role in (players.subject, *players.others) if role and not role.is_setting] == []


def test_what_an_icon_shows_is_not_drawn_again() -> None:
    assert cast(read("a bow with an arrow")).others == ()
    assert cast(read("a planet with rings")).others == ()


def test_a_room_without_anybody_has_its_furniture() -> None:
    players = cast(read("an empty kitchen"))
    assert players.subject is not None and players.others


def test_a_view_from_above_is_read() -> None:
    assert all(
        read(text).from_above
        for text in ("top view of a camp", "top-down map", "bird's-eye view of a city", "Dorf von oben")
    )
    assert not read("a top hat from a shop above the river").from_above


def test_unknown_words_find_nothing() -> None:
    assert cast(read("qwxz blorp fnord")).subject is None
    assert cast(read("")).subject is None


def test_english_stays_and_german_little_words_depend_on_company() -> None:
    assert to_english("I see the pan") == "i see the pan"
    assert to_english("ein Boot auf der See").endswith("sea")


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("un chat noir dans la tour", "a cat black in a tower"),
        ("a chat on a tour", "a chat on a tour"),
        ("eine Blumenwiese am Bergsee", "a meadow at mountain sea"),
        ("des montgolfières au lever du soleil", "a hot air balloon au sunrise"),
        ("ein Waldschloss", "a forest castle"),
    ],
)
def test_words_of_two_languages_are_read_by_their_company(text: str, english: str) -> None:
    assert english in to_english(text)


def test_a_colour_after_its_noun_dyes_it_too() -> None:
    subject = cast(read("une rose bleue")).subject
    assert subject is not None and (subject.icon, subject.dye) == ("noto:rose", (47, 111, 222))


def test_curated_icons_exist() -> None:
    named = {*curated.PREFERRED.values(), *meanings.IDEAS.values(), *(name for _, name in meanings.CREATURES)}
    named |= {name for kit in meanings.KITS.values() for name in kit} | set(meanings.SHOWN)
    assert [name for name in sorted(named) if not _anywhere(name)] == []
    assert all(any(corpus.exists(f"{source}:{name}") for source in ("noto", "fluent")) for name in figures.HEADS)


def _anywhere(name: str) -> bool:
    title = name.partition(":")[2]
    return any(corpus.exists(f"{source}:{title}") for source in ("noto", "fluent", "game"))


def test_every_place_has_its_land() -> None:
    assert set(PLACES.values()) <= set(LANDS)
