"""Draft room: what words stand for that name no icon: sights, callings of rooms, ideas. Tables only; `casting` uses them."""

from __future__ import annotations

from pixmake.providers.draft.lexicon import table, words
from pixmake.providers.draft.palette import Colour, of

THINGS = table("""
noto:ringed-planet: gas_giant ringed_planet ringed_giant
game:server-rack: server server_rack data_center data_centre datacenter mainframe
noto:electric-plug: cable power_cord plug
noto:shinto-shrine: torii torii_gate shinto_shrine japanese_shrine shinto_gate
noto:tokyo-tower: eiffel_tower eiffel
game:clock-tower: big_ben
game:defensive-wall: great_wall city_wall castle_wall
game:great-pyramid: pyramid
game:egyptian-sphinx: sphinx
game:greek-temple: parthenon acropolis greek_temple
noto:classical-building: brandenburg_gate colosseum museum courthouse
game:india-gate: arc_de_triomphe triumphal_arch
noto:mosque: taj_mahal
game:dolmen: stonehenge
noto:moai: easter_island
noto:mount-fuji: fuji
noto:tent: camp campsite campground encampment
noto:speech-balloon: quote pull_quote quotation blockquote testimonial
noto:bust-in-silhouette: user profile user_profile account avatar
noto:busts-in-silhouette: users community audience
noto:wireless: wifi wi-fi wifi_signal hotspot
noto:woman-health-worker: nurse doctor physician surgeon medic
noto:tooth: dentist dental
noto:fork-and-knife-with-plate: plate dish dinner_plate
noto:sheaf-of-rice: wheat wheat_field rye barley grain
noto:canoe: rowboat canoe rowing_boat
noto:saxophone: jazz jazz_band
noto:guitar: rock_band
noto:violin: orchestra
noto:cloud: cloud_computing
noto:inbox-tray: inbox empty_inbox
noto:cook: baker
noto:locked: data_security cybersecurity
noto:books: library bookcase
noto:potted-plant: pot_plant
noto:ogre: monster oni
noto:soccer-ball: ball
noto:tangerine: orange mandarin clementine
noto:bread: bakery
noto:handshake: shaking_hand shaking_hands handshake
noto:woman-and-man-holding-hands: people couple
noto:anatomical-heart: human_heart anatomical_heart
noto:green-salad: salad
noto:robot: artificial_intelligence
noto:satellite-antenna: antenna
noto:warning: error warning
noto:compass: explorer_compass
""")
"""Things with a name of their own, to the icon nearest to them."""

IDEAS = table("""
noto:handshake: trust partnership deal agreement cooperation teamwork collaboration solidarity
noto:dove: freedom peace liberty serenity hope
noto:shield: security safety protection defence defense
noto:locked: privacy password encryption
noto:trophy: success victory achievement winning
noto:light-bulb: innovation creativity inspiration invention
noto:balance-scale: justice fairness law equality balance ethics
noto:chess-pawn: strategy tactics
noto:hourglass-not-done: patience deadline waiting
noto:graduation-cap: education graduation university
noto:books: knowledge wisdom literature
noto:speech-balloon: communication conversation dialogue feedback chat comment
noto:money-bag: wealth finance money revenue profit savings
noto:high-voltage: energy power electricity speed
noto:bullseye: goal focus target precision accuracy
noto:brain: memory intelligence mind psychology
noto:seedling: sustainability ecology beginning
noto:recycling-symbol: recycling
noto:rainbow: diversity
noto:crown: leadership luxury
noto:compass: journey adventure exploration discovery
noto:yin-yang: harmony
noto:four-leaf-clover: luck fortune
noto:party-popper: celebration congratulations party
noto:waving-hand: welcome hello onboarding goodbye
noto:magnifying-glass-tilted-left: curiosity research
noto:rocket: launch startup deployment release
noto:puzzle-piece: solution integration plugin extension
noto:stethoscope: medicine healthcare
noto:red-heart: health kindness compassion passion charity
noto:smiling-face-with-smiling-eyes: happiness joy
noto:crying-face: sadness sorrow grief
noto:musical-notes: music melody song
noto:airplane: travel
noto:beach-with-umbrella: vacation holiday
noto:delivery-truck: delivery
noto:sun-behind-cloud: weather
noto:bug: debugging
noto:robot: ai automation
noto:label: sale discount price
""")
"""Ideas, to what an illustrator draws for them; they yield to every thing that is named."""

KITS: dict[str, tuple[str, ...]] = {
    word: tuple(value.split())
    for word, value in table("""
noto:tent game:campfire noto:backpack: camp campsite campground encampment
game:server-rack noto:electric-plug: server datacenter
game:desk noto:bar-chart game:office-chair: office meeting workplace coworking
noto:tooth noto:toothbrush: dentist dental
noto:books noto:open-book: library
noto:cooking noto:pot-of-food: kitchen
noto:bed noto:teddy-bear: bedroom
noto:bathtub noto:soap: bathroom
noto:microscope noto:test-tube: lab laboratory
noto:toolbox noto:hammer: workshop
noto:books noto:pencil: classroom school
game:weight-lifting-up: gym
noto:bread noto:croissant: bakery
noto:hot-beverage noto:croissant: cafe
noto:tractor noto:cow: farm
noto:house noto:well: village hamlet
noto:sailboat noto:anchor: harbor harbour
noto:shopping-bags: shop store boutique
""").items()
}
"""A place to what stands there, for when a prompt names nobody in it."""

SHOWN: dict[str, frozenset[str]] = {
    "noto:ringed-planet": words("ring"),
    "noto:bow-and-arrow": words("arrow"),
    "noto:pancakes": words("syrup butter plate"),
    "noto:shinto-shrine": words("shrine gate"),
    "noto:fork-and-knife-with-plate": words("fork knife"),
    "noto:dragon": words("wing tail claw fire"),
    "noto:phoenix": words("wing flame"),
    "noto:robot": words("antenna"),
    "noto:hot-beverage": words("steam mug cup"),
    "noto:potted-plant": words("pot"),
    "noto:steaming-bowl": words("bowl steam chopstick"),
    "noto:sailboat": words("sail"),
    "noto:owl": words("wing feather"),
}
"""What an icon shows already: such a companion is not drawn again."""

TINTS: dict[str, Colour] = {
    phrase: of(value)
    for phrase, value in table("""
#8f6f52: eiffel_tower eiffel
#c9a262: big_ben pyramid sphinx parthenon acropolis greek_temple
#a79a86: great_wall city_wall castle_wall dolmen stonehenge
#5b7fb8: server server_rack data_center data_centre datacenter mainframe
#b9ab93: arc_de_triomphe triumphal_arch
""").items()
}
"""Phrases whose thing has another colour than its icon."""

VAGUE = words("creature critter animal being beast companion pet")
CREATURES: tuple[tuple[frozenset[str], str], ...] = (
    (words("sea ocean water underwater aquatic deep reef marine"), "noto:octopus"),
    (words("fire flame flaming lava phoenix ember"), "noto:phoenix"),
    (words("ice snow winter arctic frozen snowy polar"), "noto:penguin"),
    (words("space alien cosmic planet galaxy ufo"), "noto:alien"),
    (words("swamp bog"), "noto:frog"),
    (words("evil dark monstrous scary horror demonic cursed"), "noto:ogre"),
    (words("night nocturnal moonlit"), "noto:owl"),
    (words("cave dungeon dragon scales winged wings wing mythical"), "noto:dragon"),
    (words("sky cloud flying"), "noto:owl"),
    (words("desert sand"), "noto:lizard"),
    (words("magic magical enchanted"), "noto:unicorn"),
)
"""Which creature is meant, by the other words of the prompt; without any of them a hedgehog."""

BACKDROPS = words(
    "bridge-at-night cityscape cityscape-at-dusk foggy milky-way national-park night-with-stars sunrise "
    "sunrise-over-mountains sunset desert night-sky night-sleep desert-camp extra-time"
)
"""Icons that are little landscapes: a scene draws its own."""

ONE_WAY = words(
    "chart-increasing chart-decreasing chart-increasing-with-yen bar-chart speech-balloon open-book calendar spiral-calendar "
    "tear-off-calendar abc id-button name-badge card-index newspaper rolled-up-newspaper mantelpiece-clock watch "
    "alarm-clock globe-showing-europe-africa globe-showing-americas world-map musical-score computing memo guitar violin"
)
"""Icons that a mirror would make wrong."""
INDOORS = words(
    "taco pizza hamburger hot-dog burrito sandwich french-fries sushi steaming-bowl pot-of-food spaghetti bread croissant "
    "baguette-bread bagel pretzel pancakes waffle cheese-wedge bacon cooking egg salt popcorn birthday-cake shortcake "
    "cupcake pie chocolate-bar candy lollipop custard cookie doughnut ice-cream soft-ice-cream shaved-ice curry-rice "
    "cooked-rice rice-ball bento-box dumpling takeout-box green-salad hot-beverage teapot teacup-without-handle "
    "coffee-cup beer-mug wine-glass cocktail-glass tropical-drink tumbler-glass bottle-with-popping-cork cup-with-straw "
    "glass-of-milk baby-bottle fork-and-knife-with-plate fork-and-knife spoon bowl-with-spoon red-apple banana grapes "
    "strawberry cherries lemon pear peach pineapple watermelon tangerine avocado tomato carrot broccoli syringe pill "
    "stethoscope thermometer microscope test-tube petri-dish alembic dna tooth toothbrush adhesive-bandage x-ray laptop "
    "desktop-computer keyboard printer computer-mouse mobile-phone telephone inbox-tray outbox-tray clipboard memo pencil "
    "pen paperclip scissors file-folder card-index briefcase credit-card books open-book closed-book notebook calendar "
    "chart-increasing bar-chart envelope money-bag receipt abacus candle crystal-ball headphone microphone radio "
    "television video-game joystick chess-pawn teddy-bear yarn thread sewing-needle artist-palette paintbrush "
    "mantelpiece-clock hourglass-not-done hourglass-done woman-health-worker health-worker scientist technologist "
    "chess-pawn chess-knight chess-queen chess-king green-salad anatomical-heart "
    "waving-hand warning speech-balloon microphone studio-microphone tangerine label "
    "office-worker server-rack desk bookshelf puzzle-piece light-bulb magnifying-glass-tilted-left"
)
"""Icons of what stands on a table or works in a room, and looks lost in a meadow."""

SPILLING = words("crossed-swords eight-pointed-star heavy-equals-sign")
"""Drawings with parts outside their box, which are to be cut at it."""
