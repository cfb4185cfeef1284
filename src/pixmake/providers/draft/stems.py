"""Draft room: English words to the form that the index knows. The builder of the index and its readers share it."""

from __future__ import annotations

IRREGULAR = {
    "wolves": "wolf", "knives": "knife", "leaves": "leaf", "elves": "elf", "dwarves": "dwarf", "dwarfs": "dwarf",
    "mice": "mouse", "geese": "goose", "men": "man", "women": "woman", "children": "child", "people": "person",
    "teeth": "tooth", "feet": "foot", "oxen": "ox", "loaves": "loaf", "shelves": "shelf", "wives": "wife",
    "thieves": "thief", "calves": "calf", "halves": "half", "lives": "life", "staves": "staff", "cacti": "cactus",
    "fungi": "fungus", "octopi": "octopus", "dice": "die", "heroes": "hero", "potatoes": "potato",
    "tomatoes": "tomato", "volcanoes": "volcano", "mosquitoes": "mosquito", "torpedoes": "torpedo",
    "echoes": "echo", "shoes": "shoe", "axes": "axe", "horseshoes": "horseshoe", "canoes": "canoe",
    "colour": "color", "grey": "gray", "armour": "armor", "lens": "lens", "axe": "axe", "movies": "movie",
    "cookies": "cookie", "zombies": "zombie", "genies": "genie", "pixies": "pixie", "selfies": "selfie",
    "skies": "sky", "ties": "tie", "pies": "pie", "brownies": "brownie", "smoothies": "smoothie",
}  # fmt: skip


def stem(word: str) -> str:
    """The singular of `word` by a few rules; `word` is lower case. `foxes` is `fox`, `glass` stays."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is", "ous")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zzes")):
        return word[:-2]
    return word[:-1]
