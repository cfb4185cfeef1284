"""Writes tests/plan/vectors/*.json. Run once, when version 1 was frozen; afterwards only to add cases, never to change one.

    PYTHONPATH=tests python tests/plan/make_vectors.py

refuses to write a file in which a case that was there before would get another key or size.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from fakes.vectors import (
    build_request,
    derived_identity,
    size_case,
)
from pixmake.digest import canonical_json
from pixmake.plan.keys import action_key, preimage

VECTORS = Path(__file__).parent / "vectors"
A, B, C = ("a" * 64, "b" * 64, "c" * 64)
BASE: dict[str, Any] = {
    "operation": "generate",
    "provider": "openai",
    "model": "gpt-image-2.5-flare",
    "prompt": "a heart, flat vector icon, thick outline",
    "size": "1024x1024",
    "quality": "medium",
}
EDIT: dict[str, Any] = BASE | {"operation": "edit", "prompt": "at night", "inputs": [["image", A]]}


def requests() -> Iterator[tuple[str, dict[str, Any]]]:
    """Named requests that touch every field, alone and together."""
    yield "base", BASE
    yield "no model", BASE | {"model": None}
    for name, values in VALUES.items():
        for value in values:
            yield f"{name}={value!r}", BASE | {name: value}
    for name, prompt in PROMPTS.items():
        yield f"prompt: {name}", BASE | {"prompt": prompt}
    for name, options in OPTIONS.items():
        yield f"options: {name}", BASE | {"options": options}
    yield from _edits()
    yield from _conversations()
    for name, values in VALUES.items():
        yield f"edit, {name}={values[0]!r}", EDIT | {name: values[0]}
    for name, recipe in RECIPES.items():
        yield f"derived: {name}", EDIT | {"inputs": [["image", derived_identity(recipe)]]}


VALUES: dict[str, list[Any]] = {
    "provider": ["studio", "azure", "draft"],
    "model": [
        "gpt-image-2",
        "gpt-image-2-2026-04-21",
        "gpt-image-2.5-sunburst",
        "gpt-image-2.6-flare",
        "gpt-image-1.5",
        "sd-cpp-local",
    ],
    "size": ["1024x640", "1536x1024", "1024x1536", "1920x1088", "2880x2880", "3840x2160", "auto"],
    "quality": ["low", "high", "xhigh", "max", "auto", None],
    "background": ["transparent", "opaque", "auto"],
    "complexity": ["low", "medium", "high"],
    "input_fidelity": ["low", "high"],
    "kind": ["svg", "gif"],
    "salt": ["1", "2", "v2", ""],
    "moderation": ["low", "auto"],
}

PROMPTS = {
    "empty": "",
    "one letter": "x",
    "space at the end": "a heart ",
    "two lines": "a heart\nan old brass key",
    "tab": "a\theart",
    "umlauts": "ein Bär im Wald, Größe, Äpfel, Straße",
    "decomposed umlaut": "ein Ba\u0308r",
    "CJK": "月夜の灯台、水彩画",
    "emoji": "a fox 🦊 under the moon 🌙",
    "beyond the BMP": "𝔣𝔯𝔞𝔨𝔱𝔲𝔯",
    "quotes and backslash": 'a "sign" that says \\n',
    "braces": '{"scene": {"subject": "otter", "mood": "calm"}, "n": 1}',
    "jinja look-alike": "{{ not a template }}",
    "dollar": "$decimal $5 $$",
    "roles": "Image 1: line weight and palette.\nImage 2: pose.\n\na knight",
    "4800 characters": "a very long story about a lighthouse. " * 126 + "the end of it",
    "control characters": "a\u0000b\u001fc\u007f",
    "line separators": "a\u2028b\u2029c",
    "right to left": "קרפד על נופר",
}

OPTIONS: dict[str, dict[str, Any]] = {
    "text": {"style": "vivid"},
    "number": {"steps": 30},
    "decimal": {"guidance": Decimal("7.5")},
    "decimal written longer": {"guidance": Decimal("7.50")},
    "decimal in exponent form": {"guidance": Decimal("75E-1")},
    "small decimal": {"eta": Decimal("0.0001")},
    "whole decimal": {"guidance": Decimal("7.0")},
    "text that looks like a decimal": {"guidance": "7.5"},
    "true": {"tiling": True},
    "false": {"tiling": False},
    "null": {"seed": None},
    "nested": {"lora": {"name": "ink", "weight": Decimal("0.8")}},
    "list": {"loras": ["ink", "wash"]},
    "list the other way round": {"loras": ["wash", "ink"]},
    "two keys": {"a": 1, "b": 2},
    "two keys the other way round": {"b": 2, "a": 1},
    "dollar key": {"$decimal": "7.5"},
    "two dollars": {"$$decimal": "7.5"},
    "unicode key": {"größe": "groß"},
    "empty map inside": {"extra": {}},
    "big number": {"seed": 2**63},
    "negative number": {"seed": -1},
}

RECIPES: dict[str, dict[str, Any]] = {
    "fenced": {"op": "fence", "answer": A, "parent": B, "mask": C, "feather": 8},
    "fenced, hard edge": {"op": "fence", "answer": A, "parent": B, "mask": C, "feather": 0},
    "fenced, another parent": {"op": "fence", "answer": A, "parent": C, "mask": C, "feather": 8},
    "processed": {"op": "processed", "picture": A, "size": "512x512", "fit": "cover", "gravity": "center"},
    "processed, gravity in fractions": {
        "op": "processed",
        "picture": A,
        "size": "512x512",
        "fit": "cover",
        "gravity": ["0.5", "0.25"],
    },
    "processed, pad": {"op": "processed", "picture": A, "size": "512x512", "fit": "pad", "gravity": "center"},
    "mask, drawn": {
        "op": "mask",
        "source": {"shape": "rect", "fractions": ["0.1", "0.2", "0.5", "0.5"]},
        "invert": False,
        "size": "1024x1024",
    },
    "mask, ellipse": {
        "op": "mask",
        "source": {"shape": "ellipse", "fractions": ["0.1", "0.2", "0.5", "0.5"]},
        "invert": False,
        "size": "1024x1024",
    },
    "mask, other text of one number": {
        "op": "mask",
        "source": {"shape": "rect", "fractions": ["0.10", "0.2", "0.5", "0.5"]},
        "invert": False,
        "size": "1024x1024",
    },
    "mask, inverted file": {"op": "mask", "source": A, "invert": True, "size": "1024x1024"},
    "mask, crop undone": {
        "op": "mask",
        "source": A,
        "invert": False,
        "size": "1024x1024",
        "cut": {"size": "64x64", "fit": "cover", "gravity": "center"},
    },
}


def _edits() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "edit", EDIT
    yield "edit, two images", EDIT | {"inputs": [["image", A], ["image", B]]}
    yield "edit, two images the other way round", EDIT | {"inputs": [["image", B], ["image", A]]}
    yield "edit, one image twice", EDIT | {"inputs": [["image", A], ["image", A]]}
    yield "edit, mask", EDIT | {"inputs": [["image", A], ["mask", B]]}
    yield "edit, markup", EDIT | {"inputs": [["image", A], ["markup", B]]}
    yield "edit, references and mask", EDIT | {"inputs": [["image", A], ["image", B], ["mask", C]]}
    yield "edit, sixteen images", EDIT | {"inputs": [["image", f"{n:064x}"] for n in range(16)]}
    yield "references only", EDIT | {"inputs": [["image", B]]}
    yield "edit, input_fidelity", EDIT | {"input_fidelity": "high", "model": "gpt-image-1.5"}


def _conversations() -> Iterator[tuple[str, dict[str, Any]]]:
    talk = BASE | {"api": "responses", "responses_model": "gpt-6-astra"}
    yield "responses", talk
    yield "responses, another mainline model", talk | {"responses_model": "gpt-5"}
    yield "responses, no mainline model", talk | {"responses_model": None}
    second = EDIT | {"api": "responses", "responses_model": "gpt-6-astra"}
    yield "second turn", second | {"turns": ["a heart"]}
    yield "third turn", second | {"turns": ["a heart", "make it red"]}
    yield "third turn, other order", second | {"turns": ["make it red", "a heart"]}
    yield "second turn, empty first", second | {"turns": [""]}
    yield "second turn, two in one", second | {"turns": ["a heart\nmake it red"]}


SIZES = [
    "64x64",
    "1x1",
    "16x16",
    "512x512",
    "1000x1000",
    "1024x1024",
    "1024x640",
    "1000x700",
    "1920x1080",
    "1920x32",
    "32x1920",
    "1200x630",
    "1080x1920",
    "3840x2160",
    "3840x2400",
    "5000x5000",
    "3830x2165",
    "3839x2159",
    "8000x100",
    "16384x16384",
    "300x900",
    "301x900",
    "2048x2048",
    "2880x2880",
    "2896x2896",
    "640x1024",
    "17x31",
    "1:1",
    "16:9",
    "9:16",
    "4:3",
    "3:2",
    "2:3",
    "21:9",
    "1:3",
    "3:1",
    "8:1",
    "1:8",
    "32:18",
    "100:99",
]


def main() -> int:
    VECTORS.mkdir(exist_ok=True)
    keys = []
    for name, fields in requests():
        request = build_request(fields)
        text = canonical_json(preimage(request)).decode("utf-8", "surrogatepass")
        keys.append({"name": name, "request": encoded(fields), "preimage": text, "key": action_key(request)})
    sizes = [size_case(text, rule) for rule in ("free", "three") for text in SIZES]
    return max(_write("keys.json", keys, "key"), _write("sizes.json", sizes, "requested"))


def encoded(value: Any) -> Any:
    """JSON has no decimals: they are told apart as `{"decimal!": "7.5"}` in the file."""
    if isinstance(value, Decimal):
        return {"decimal!": str(value)}
    if isinstance(value, dict):
        return {key: encoded(item) for key, item in value.items()}
    return [encoded(item) for item in value] if isinstance(value, list) else value


def _write(name: str, cases: list[dict[str, Any]], field: str) -> int:
    path = VECTORS / name
    old = {case["name"]: case[field] for case in json.loads(path.read_text("utf-8"))} if path.exists() else {}
    new = {case["name"]: case[field] for case in cases}
    moved = [case for case in old if new.get(case) != old[case]]
    if moved:
        sys.stderr.write(f"{name}: {len(moved)} frozen cases would change, for example '{moved[0]}'\n")
        return 1
    assert len(new) == len(cases), "case names must differ"
    path.write_text("[\n" + ",\n".join(json.dumps(case, sort_keys=True) for case in cases) + "\n]\n", "utf-8")
    sys.stdout.write(f"{name}: {len(cases)} cases\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
