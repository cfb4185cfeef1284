"""Draft room: what words mean to an illustrator. Tables only; `reading` and `casting` use them."""

# ruff: noqa: E501 (tables read better in long lines)

from __future__ import annotations

from pixmake.providers.draft.palette import Colour, of


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


def table(text: str) -> dict[str, str]:
    """Lines `value: word word` as word -> value; `_` in a word stands for a space."""
    made = {}
    for line in text.strip().splitlines():
        value, _, named = line.partition(": ")
        for word in named.split():
            made[word.replace("_", " ")] = value.strip()
    return made


COLOURS: dict[str, Colour] = {
    word: of(value)
    for word, value in table("""
#e23b3b: red crimson scarlet ruby ruddy blood-red
#f07f2e: orange tangerine amber
#f4c430: yellow lemon mustard
#3fa34d: green emerald jade
#8bd448: lime chartreuse
#7a8b3f: olive moss mossy
#2bb3a3: teal turquoise
#35c3e0: cyan aqua
#2f6fde: blue sapphire cobalt azure
#1d2f6f: navy indigo
#7fc4f0: sky-blue icy frosty frozen ice frost pale-blue
#8b4fd8: purple violet amethyst
#c46bd6: lavender lilac mauve
#e84fa0: magenta fuchsia
#f58cb4: pink rosy rose-colored
#8a5a33: brown wooden wood chestnut chocolate-brown leather
#c9a27a: beige tan cream sandy
#2b2b33: black ebony obsidian onyx shadowy
#f4f4f2: white ivory snow-white pearl
#8d939c: gray grey stone iron ashen
#c3ccd6: silver silvery steel chrome platinum metallic
#f2b51d: gold golden gilded
#c79a3b: brass
#b5703a: bronze copper rusty
#ff7f6e: coral salmon peach
#f26a1b: fiery flaming lava molten magma
#7be04f: toxic poisonous poison acid radioactive
#8fd3ff: crystal glass diamond
""").items()
}
"""Adjectives and materials to the colour they dye a thing with."""

LIGHTS = table("""
night: night midnight nighttime moonlit moonlight moon fullmoon starry starlit nocturnal dark
sunset: sunset dusk evening twilight sundown golden_hour
dawn: dawn sunrise morning daybreak
storm: storm stormy thunder thunderstorm rain rainy raining downpour overcast
fog: fog foggy mist misty hazy haze
day: day daylight sunny noon bright
""")

SEASONS = table("""
winter: winter wintry snow snowy snowfall snowing frozen arctic polar icy christmas blizzard frosty glacier
autumn: autumn autumnal october thanksgiving halloween
spring: spring blossom blossoming sakura easter
summer: summer summery
""")

PLACES = table("""
forest: forest woods woodland jungle rainforest grove wood taiga
mountains: mountain mountains alps alpine peak peaks summit valley ridge highlands fjord
desert: desert dune dunes sahara oasis canyon savanna wasteland
sea: pool swimming-pool sea ocean cliff cliffs lake harbor harbour bay river lagoon waves coast coastline pond sailing
beach: beach seaside shore tropical island
city: paris london tokyo berlin rome madrid york manhattan venice amsterdam barcelona vienna prague istanbul dubai shanghai beijing chicago sydney city town street skyline downtown urban cityscape metropolis neighborhood alley
space: space galaxy cosmos orbit nebula outer universe cosmic interstellar asteroid
underwater: underwater undersea reef seabed aquarium
moon: lunar moonscape
cave: cave cavern dungeon crypt mine catacomb lair tomb
castle: kingdom medieval battlements
field: field meadow countryside farm pasture hill hills garden park grass lawn vineyard village prairie grassland yard
room: room interior kitchen office bedroom library table desk shelf cafe restaurant studio indoors workshop tavern shop store boutique bakery hospital classroom lab laboratory gym
sky: sky clouds flying airborne heaven
volcano: volcano volcanic hell inferno underworld
swamp: swamp marsh bog
""")

STYLES = table("""
pixel: pixel pixelart pixelated 8-bit 16-bit 8bit 16bit retro-game nes snes
line: outline lineart linework line-art monoline contour line coloring
mono: monochrome monochromatic grayscale greyscale duotone single-color one-color
silhouette: silhouette stencil
watercolor: watercolor watercolour aquarelle gouache painterly painted oil ghibli
flat: flat vector minimal minimalist minimalistic material geometric cartoon simple
isometric: isometric
sticker: sticker stickers decal
neon: neon cyberpunk synthwave vaporwave
poster: poster propaganda retro vintage
sketch: sketch pencil charcoal hand-drawn doodle ink engraving woodcut etching
photo: photo photograph photorealistic realistic photography cinematic bokeh 3d render rendered
""")

FRAMINGS = table("""
icon: icon icons sprite sprites logo badge emoji emblem glyph favicon symbol avatar pictogram pickup item token mascot clipart
pattern: pattern seamless tileable wallpaper tessellation repeating
material: texture tile tiles tileset
sheet: sprite_sheet tile_sheet sheet spritesheet turnaround poses collection
scene: scene landscape hero banner background backdrop illustration header cover panorama vista wallpaper-scene environment
poster: poster
""")

MATERIALS = table("""
brick: brick bricks
plank: wood wooden plank planks parquet floorboard
stone: stone stones cobble cobblestone rock rocks slate pavement gravel
grass: grass lawn turf meadow
water: water sea ocean river
sand: sand desert dirt earth soil mud
lava: lava magma
ice: ice snow
metal: metal steel iron
""")

NUMBERS = {
    "two": 2, "pair": 2, "couple": 2, "three": 3, "trio": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "dozen": 12, "twelve": 12, "several": 4, "few": 3, "many": 7, "some": 3, "group": 5,
    "flock": 7, "herd": 5, "swarm": 8, "pack": 4, "school": 6, "crowd": 7, "army": 8, "pile": 5, "bunch": 4,
}  # fmt: skip

BEFORE_PLACE = words(
    "in on at under over above below beneath by near inside into through across against beside behind "
    "before along around beyond upon atop from between among amid within towards toward during onto"
)
ING_NOUNS = words(
    "ring king wing building painting string spring lightning clothing pudding dumpling evening morning wedding viking "
    "ceiling earring thing herring starling duckling sapling gosling swing sling icing boxing racing bowling plumbing "
    "bring landing parking shopping wrapping stocking dressing pricing marketing banking computing timing "
    "wellbeing flying-saucer training streaming gaming engineering shipping learning writing meeting voting"
)
"""Words in -ing that are things; the others are what somebody does, and end a noun phrase."""
BEFORE_COMPANION = words(
    "with and holding wearing carrying plus next riding using featuring playing eating drinking reading "
    "for surrounded full containing guarding fighting chasing or while made filled wielding"
)
CONTAINERS = words(
    "bowl cup glass bottle pile stack bunch group set pair piece slice plate mug jar bag box bucket basket heap herd "
    "flock pack swarm collection variety kind type sort piles stacks couple lot view portrait picture image photo "
    "painting drawing illustration sprite icon logo rendering shot scene close-up closeup field row field "
    "symbol map sheet handful barrel crate top side front back middle king queen god lord ray wall series style"
)
BLAND = words(
    "a an the this that these those its their his her my your our one it is are be being been was were has have very "
    "really extremely highly small little tiny big large huge giant great old new ancient young cute beautiful pretty "
    "nice lovely fancy epic magical magic mystical legendary rare simple basic clean sharp crisp soft smooth shiny "
    "glowing sparkling dramatic detailed intricate high low quality resolution hd 4k 8k ultra best masterpiece "
    "professional modern classic elegant stylized style styled art artwork artstation design designed graphic graphics "
    "image picture photo painting drawing illustration rendering portrait depiction concept digital hand single "
    "centered centred isolated subject object asset game games ui ux app web website page mobile video "
    "background backdrop transparent plain solid alpha thick thin bold rounded outlines outlined stroke "
    "strokes color colors colour colours colored coloured palette shading shaded shadow shadows lighting light lit "
    "highlight highlights gradient gradients contrast vibrant bright muted pastel warm cool cold hot vivid saturated "
    "view front side back top down angle perspective facing closeup close up shot full body wide framing frame "
    "composition foreground middle center centre left right corner edge edges "
    "titled called named labelled labeled saying says reads headline lettering typography lettered inscribed quoted slogan "
    "pull push surrounded encircled pulling cut found success-screen state card "
    "text letters watermark signature words caption label no not without please make create generate draw show render "
    "depict showing looking sitting standing lying walking running sleeping "
    "jumping floating hanging resting to as so just only also like same each every all any "
    "there here where which who whose when then than more most less much such other another both of "
    "friendly happy sad angry fierce brave evil good bad lonely lone cozy cosy calm quiet peaceful majestic fresh "
    "use used using keep keeping style-of inspired based featuring negative space white-space pixels px size "
    "empty full whole half medium scale vector shape shapes set piece type version "
    "look looks feel mood atmosphere atmospheric theme themed tone aesthetic slightly subtle bit lots lot many "
    "make makes add adds put puts place insert everything else unchanged keep bigger smaller instead picture change turn replace "
    "swap remove delete erase transform over "
    "medical anatomy anatomical button app-icon "
    "silent deep tall short long wild abandoned enchanted haunted hidden secret lost mysterious ornate broken worn "
    "dusty crooked open closed round square fluffy furry hooded armored armoured sleepy curious proud fat chubby baby "
    "traditional typical common fantasy rpg medieval steampunk futuristic sci-fi scifi inventory collectible menu"
)
LABELS = words(
    "subject style background prompt description scene title name object character lighting palette mood "
    "composition format output size colors color colours details camera medium setting type note notes asset"
)
SKY_DWELLERS = words(
    "rocket airplane helicopter balloon parachute kite bird eagle dove bat butterfly bee cloud sun moon star comet "
    "satellite saucer ufo planet rainbow phoenix dragonfly angel fairy owl duck swan parrot crow raven airship drone "
    "firework lightning snowflake tornado globe saturn ghost superhero flamingo ringed-planet falcon hawk zeppelin "
    "meteor spaceship starship shuttle feather spacecraft"
)
SEA_DWELLERS = words(
    "sailboat boat ship ferry canoe speedboat yacht whale dolphin submarine galleon motor-boat drakkar "
    "raft kayak gondola schooner passenger-ship trireme viking-longship pirate-ship buoy swan duck surfing surfer swimmer person-swimming"
)
SWIMMERS = words(
    "fish tropical-fish shark octopus squid jellyfish crab lobster turtle seal shrimp whale dolphin blowfish mermaid "
    "submarine starfish coral spouting-whale seahorse merperson"
)
BUILDINGS = words(
    "castle lighthouse house tower temple church mosque barn cabin hut windmill factory skyscraper bridge pagoda "
    "palace fort building hotel school hospital bank stadium pyramid tent shrine statue monument tree ruins mill "
    "observatory igloo cottage volcano home post-office synagogue kaaba fountain ferris-wheel roller-coaster "
    "gate portal well"
)
