"""Draft room: hand-picked icons. Words whose best drawing the index cannot guess, and colours of one-colour icons."""

# ruff: noqa: E501 (tables read better in long lines)

from __future__ import annotations

from pixmake.providers.draft import meanings
from pixmake.providers.draft.lexicon import table, words
from pixmake.providers.draft.palette import Colour, of

PREFERRED: dict[str, str] = (
    table("""
noto:red-heart: heart hearts love
noto:dagger: dagger knife_weapon stiletto
game:broadsword: sword blade longsword greatsword
game:crossed-swords: swords duel battle
game:battle-axe: axe hatchet battleaxe
game:goblin-head: goblin hobgoblin gremlin kobold
game:orc-head: orc ork uruk
game:troll: troll
game:ogre: ogre
game:slime: slime ooze jelly blob
game:wizard-face: wizard sorcerer warlock
noto:mage: mage
game:witch-face: witch
game:dwarf-face: dwarf
game:woman-elf-face: elf
game:visored-helm: knight paladin crusader
game:mounted-knight: cavalry
game:viking-head: viking
game:barbarian: barbarian
game:samurai-helmet: samurai
game:ninja-head: ninja_head
game:spartan-helmet: warrior soldier_ancient spartan gladiator
game:hood: rogue thief assassin
game:archer: archer ranger
game:skeleton: skeleton
game:shambling-zombie: undead ghoul
game:floating-ghost: phantom wraith
noto:ghost: ghost spirit spectre
game:evil-bat: vampire_bat
noto:bat: bat bats
game:mimic-chest: mimic
game:rock-golem: golem
game:ice-golem: ice_golem
game:minotaur: minotaur
game:medusa-head: medusa gorgon
game:cyclops: cyclops
game:hydra: hydra
game:kraken-tentacle: kraken
game:werewolf: werewolf
game:imp: imp
game:daemon-skull: demon devil daemon
noto:eye: beholder
game:crowned-skull: lich
game:griffin-symbol: griffin gryphon
noto:angry-face-with-horns: devil_emoji
game:health-potion: health_potion potion elixir healing_potion
game:magic-potion: mana_potion magic_potion
game:round-potion: flask vial
noto:treasure-chest: treasure_chest chest treasure
noto:gem-stone: gem gemstone jewel diamond crystal ruby sapphire emerald
noto:coin: coin coins money_coin gold_coin
noto:crown: crown
noto:shield: shield
noto:bow-and-arrow: bow
noto:scroll: scroll parchment
noto:open-book: book tome
game:spell-book: spellbook grimoire spell_book
game:fireball: fireball
game:lightning-storm: thunderbolt
noto:fire: fire flame bonfire
game:campfire: campfire
game:torch: torch
game:lantern: lantern
noto:candle: candle
noto:key: key
noto:locked: lock padlock
game:anvil: anvil
noto:pick: pickaxe
noto:hammer: hammer
noto:wood: log logs lumber
noto:evergreen-tree: pine pine_tree fir spruce conifer christmas_pine
noto:deciduous-tree: tree oak maple_tree
noto:palm-tree: palm
noto:cactus: cactus
noto:mushroom: mushroom toadstool
noto:rock: rock boulder stone pebble
noto:herb: herb leaf_herb plant
noto:leafy-green: lettuce salad_leaf
noto:fallen-leaf: leaf
noto:four-leaf-clover: clover
noto:rose: rose
noto:sunflower: sunflower
noto:hibiscus: flower
noto:tulip: tulip
noto:fox: fox
noto:wolf: wolf
noto:lighthouse: lighthouse
noto:sailboat: sailboat boat yacht sailing_boat
game:galleon: galleon pirate_ship sailing_ship
noto:ship: ship steamer
noto:house: house cottage home
game:hut: hut cabin
game:barn: barn
game:windmill: windmill
noto:castle: castle palace fortress
game:stone-tower: tower watchtower
noto:volcano: volcano
noto:snow-capped-mountain: mountain
noto:camping: tent_camp
noto:tent: tent
noto:rocket: rocket spaceship starship spacecraft
noto:flying-saucer: ufo
noto:satellite: space_station satellite
noto:ringed-planet: planet saturn
noto:astronaut: astronaut cosmonaut spaceman
noto:robot: robot android bot droid
noto:automobile: car auto
noto:racing-car: race_car racecar
noto:bicycle: bike bicycle
noto:locomotive: train steam_train
noto:hot-beverage: coffee tea espresso latte cappuccino cafe
game:coffee-cup: coffee_cup
game:coffee-beans: coffee_bean
noto:teacup-without-handle: teacup
game:teapot: kettle
noto:steaming-bowl: ramen noodle noodles soup
noto:pizza: pizza
noto:hamburger: burger hamburger
noto:sushi: sushi
noto:bread: bread loaf
noto:birthday-cake: cake
noto:shortcake: cake_slice
noto:soft-ice-cream: ice_cream gelato
noto:red-apple: apple
noto:grapes: grape
noto:beer-mug: beer ale
noto:wine-glass: wine
noto:cat: cat kitten
noto:dog: dog puppy retriever
noto:hatching-chick: chick
noto:rabbit: bunny rabbit hare
noto:mouse: mouse
noto:bear: bear
noto:horse: horse pony stallion
noto:unicorn: unicorn
noto:dragon: dragon wyvern wyrm
game:drakkar: longship
noto:owl: owl
noto:parrot: parrot
noto:eagle: eagle hawk falcon
noto:bird: bird robin sparrow
game:raven: raven crow
noto:fish: fish
noto:spouting-whale: whale
noto:octopus: octopus
noto:t-rex: dinosaur t-rex trex
noto:crocodile: alligator crocodile
noto:snake: snake serpent cobra
noto:frog: frog toad
noto:turtle: turtle tortoise
noto:snail: snail
noto:spider: spider tarantula
noto:butterfly: butterfly moth
noto:honeybee: bee
noto:otter: otter
noto:seal: seal
noto:detective: detective
noto:cook: chef cook
noto:farmer: farmer
noto:student: student
noto:scientist: scientist
noto:technologist: team programmer developer coder
noto:artist: artist painter
noto:woman: woman lady
noto:man: man guy
noto:person: person portrait_person
noto:boy: boy
noto:girl: girl
noto:child: child kid
noto:prince: prince
noto:princess: princess
noto:pirate-flag: pirate_flag
game:pirate-captain: pirate captain
noto:superhero: hero superhero
noto:fairy: fairy pixie
noto:mermaid: mermaid
noto:genie: genie
noto:vampire: vampire
noto:zombie: zombie
noto:ninja: ninja
noto:snowman: snowman
noto:laptop: laptop notebook_computer
noto:desktop-computer: computer monitor
noto:mobile-phone: phone smartphone
noto:camera: camera
noto:headphone: headphones headphone
noto:guitar: guitar
noto:chart-increasing: growth analytics chart graph
noto:bar-chart: statistics
noto:gear: gear settings cog cogwheel
noto:magnifying-glass-tilted-left: search magnifier loupe
noto:envelope: mail email letter envelope
noto:bell: notification bell
noto:shopping-cart: cart shopping
noto:credit-card: payment
noto:calendar: calendar date
noto:light-bulb: bulb idea lightbulb lamp_bulb
noto:cloud: cloud
noto:sun: sun
noto:crescent-moon: moon
noto:star: star
noto:high-voltage: lightning_bolt lightning bolt thunder
noto:hot-beverage: coffee_shop
noto:rainbow: rainbow
noto:umbrella: umbrella
noto:globe-showing-europe-africa: earth globe world
noto:trophy: trophy award
noto:wrapped-gift: gift present
noto:bomb: bomb
noto:skull: skull
noto:ring: ring
noto:watch: watch
noto:hourglass-not-done: hourglass
noto:mantelpiece-clock: clock
noto:compass: compass
noto:world-map: map
game:treasure-map: treasure_map
noto:backpack: backpack rucksack
noto:magic-wand: wand
game:wizard-staff: staff
game:cauldron: cauldron
game:crystal-ball: orb
noto:crystal-ball: crystal_ball
game:breastplate: armor breastplate chestplate
game:crested-helmet: helmet
game:leather-boot: boot
noto:hiking-boot: boots
game:gauntlet: gauntlet glove_armor
game:arrow-flights: arrow_weapon
game:wooden-sign: sign signpost
game:wooden-crate: crate
game:barrel: barrel
game:wooden-door: door_wood
noto:door: door
game:stone-bridge: bridge
game:magic-gate: portal
game:well: well
game:ancient-ruins: ruins ruin
noto:chess-pawn: pawn
noto:game-die: die
noto:video-game: gamepad controller
noto:joystick: joystick
noto:person-in-lotus-position: yoga meditating
noto:person-in-lotus-position: meditation
noto:couch-and-lamp: sofa couch armchair
noto:chair: chair
noto:bed: bed
noto:potted-plant: houseplant potted_plant
noto:lotus: lotus
""")
    | meanings.THINGS
)
"""Word or phrase (singular) to the icon that is taken before all found by the index."""

DYES: dict[str, Colour] = {
    word: of(value)
    for word, value in table("""
#6fae3d: goblin orc troll ogre lizard snake frog cactus leaf leaves plant tree forest herb vine grass swamp hydra kraken zombie shambling cyclops snail turtle medusa minotaur-green
#63c74d: slime ooze blob acid poison transparent-slime gooey
#e9e2cc: skeleton skull bone lich ribcage dead bones teeth tusk egg
#9fd3e8: ghost ice frozen snow water wave crystal wind cloud angel wing feather
#a9b7c6: sword blade broadsword shield armor helm helmet visored breastplate knight gauntlet anvil axe battle metal spear lance arrow dagger mace chain robot gear saw spartan crested crossed
#b07b45: wood wooden barrel crate chest mimic bow staff door barn cabin hut boot leather bag backpack table chair drum sign torch galleon raft horse bear lantern dog monkey coffee viking barbarian archer
#f0b429: coin crown gold ring key treasure trophy medal star sun lamp cup chalice bee lion scroll
#e0523d: heart fire fireball flame lava dragon demon daemon imp health potion campfire devil apple blood lightning-red beholder phoenix
#4f7fe0: mana magic-potion wizard gem sapphire fish whale sea shark ocean flask round-potion magic-gate portal
#8d5fd3: bat vampire witch spell orb mage sorcerer night moon cauldron shadow curse eye hood ninja assassin werewolf evil spider raven spell-book
#a39a8c: rock stone golem mountain tower castle ruins bridge gargoyle wolf rat mouse elephant pillar wall anvil-stone well
#e8a07a: face man woman king queen hand person dwarf elf samurai pirate monk captain
""").items()
}
"""Parts of names of one-colour icons to the colour they are painted in."""

PAINTS = tuple(
    of(text) for text in sorted(words("#e4574c #f0913a #e9b93a #63a84a #36a3a0 #4b86d8 #7d64cf #c95f9f #a97b55"))
)
