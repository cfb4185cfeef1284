"""`migrate`: what a move to another model costs, a sample of it, and the change of the spec."""

from __future__ import annotations

from pathlib import Path

import jsonschema

from fakes.shell import Shell
from pixmake.cli.formats import json_schema

SPEC = """\
version: 1
providers: {counting: {type: counting}}
defaults: {provider: counting, model: ink-1}   # ink-1 for all
assets:
  icons/heart.png: a heart
  icons/key.png: an old brass key
  hero.png: {prompt: a hero, edits: [add a cape]}
  sea.png: {prompt: the sea, model: "ink-1"}
  own.png: {prompt: mine, model: ink-2}
"""


def built(shell: Shell) -> Shell:
    shell.write(SPEC)
    assert shell.run("build", "--yes").code == 0
    return shell


def files(folder: Path) -> dict[str, bytes]:
    """Everything below a folder but throw-away state."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".pixmake" not in path.parts
    }


def test_a_look_prices_the_move_and_changes_nothing(shell: Shell) -> None:
    before, calls = files(built(shell).root), shell.calls
    said = shell.run("migrate", "--from", "ink-1", "--to", "ink-2")
    assert said.code == 0
    assert said.out == (
        "ink-1 -> ink-2: 4 assets, 5 images, $0.20\n"
        "  icons/heart.png  1024x1024 medium    $0.04  changed: model\n"
        "  icons/key.png    1024x1024 medium    $0.04  changed: model\n"
        "  hero.png#0       1024x1024 medium    $0.04  changed: model\n"
        "  hero.png#1       1024x1024 medium  ≤ $0.04  until 'hero.png#0' is bought\n"
        "  sea.png          1024x1024 medium    $0.04  changed: model\n"
        "\n"
        "to change in the spec:\n"
        "  assets.yaml:3:39: ink-1 -> ink-2\n"
        "  assets.yaml:8:37: ink-1 -> ink-2\n"
    )
    assert said.err == "next: pixmake migrate --from ink-1 --to ink-2 --sample 1 --max-cost 0.20\n"
    assert files(shell.root) == before and shell.calls == calls


def test_a_sample_is_bought_once_and_moves_nothing(shell: Shell) -> None:
    before = files(built(shell).root)
    words = ["migrate", "--from", "ink-1", "--to", "ink-2"]
    said = shell.run(*words, "icons/*", "--sample", "1", "--max-cost", "0.04", "--json")
    assert said.code == 0
    jsonschema.validate(said.body, json_schema("migrate"))
    sample = {
        "asset": "icons/heart.png",
        "before": "assets/icons/heart.png",
        "after": ".pixmake/migrate/icons/heart.ink-2.png",
    }
    assert said.body["samples"] == [sample] and said.body["spent"] == "0.04"
    assert (shell.root / sample["after"]).read_bytes() != (shell.root / sample["before"]).read_bytes()
    assert files(shell.root) == before
    calls = shell.calls
    assert shell.run("plan", "--json").body["totals"]["images"] == 0
    assert shell.run(*words, "icons/*", "--json").body["totals"]["images"] == 1
    assert shell.run(*words, "--apply").code == 0
    assert shell.run("build", "--yes").code == 0
    assert len(shell.calls) == len(calls) + 4  # the sampled one was paid already
    assert (shell.root / "assets/icons/heart.png").read_bytes() == (shell.root / sample["after"]).read_bytes()


def test_a_sample_without_consent_buys_nothing(shell: Shell) -> None:
    calls = built(shell).calls
    said = shell.run("migrate", "--from", "ink-1", "--to", "ink-2", "--sample", "2", "--json")
    assert said.code == 4 and said.body["samples"] == [] and shell.calls == calls


def test_the_move_changes_only_the_names_and_freezes_what_was_not_meant(shell: Shell) -> None:
    built(shell)
    said = shell.run("migrate", "--from", "ink-1", "--to", "ink-2", "icons/*", "--apply", "--json")
    assert said.code == 0
    assert said.body["newly_frozen"] == ["hero.png"]  # sea.png names its model itself
    assert (shell.root / "assets.yaml").read_text() == SPEC.replace("model: ink-1} ", "model: ink-2} ")
    plan = shell.run("plan", "--json").body
    states = {(entry["asset"], entry["step"]): entry["state"] for entry in plan["entries"]}
    assert states == {
        ("icons/heart.png", 0): "pay", ("icons/key.png", 0): "pay", ("hero.png", 0): "held", ("hero.png", 1): "held",
        ("sea.png", 0): "fresh", ("own.png", 0): "fresh",
    }  # fmt: skip
    assert plan["totals"]["images"] == 2


def test_a_name_made_by_a_template_is_changed_by_hand(shell: Shell) -> None:
    spec = SPEC.replace("model: ink-1}   # ink-1", 'model: "{{ m }}"}   # ink-1').replace(
        "assets:\n", "vars: {m: ink-1}\nassets:\n"
    )
    shell.write(spec)
    said = shell.run("migrate", "--from", "ink-1", "--to", "ink-2", "icons/*", "--apply")
    assert said.code == 2
    assert said.err == (
        "error[model-by-hand]: 'ink-1' is not written out at assets.yaml:3:39: a template or an alias makes it there\n"
        "help: change it by hand to 'ink-2'; what stays can be frozen: `pixmake freeze SELECTOR`\n"
    )
    assert (shell.root / "assets.yaml").read_text() == spec


def test_a_model_that_nobody_uses(shell: Shell) -> None:
    shell.write(SPEC)
    said = shell.run("migrate", "--from", "ink-3", "--to", "ink-2")
    assert said.code == 2
    assert said.err == "error[model-not-used]: no asset uses the model 'ink-3'\nhelp: did you mean 'ink-2'?\n"


def test_frozen_assets_do_not_move(shell: Shell) -> None:
    built(shell)
    assert shell.run("freeze", "icons/*").code == 0
    body = shell.run("migrate", "--from", "ink-1", "--to", "ink-2", "--json").body
    assert body["frozen"] == ["icons/heart.png", "icons/key.png"]
    assert {entry["asset"] for entry in body["entries"]} == {"hero.png", "sea.png"}
    said = shell.run("migrate", "--from", "ink-1", "--to", "ink-2", "icons/*")
    assert said.code == 2
    assert said.err == (
        "error[all-frozen]: all assets that use 'ink-1' here are frozen: icons/heart.png, icons/key.png\n"
        "help: `pixmake unfreeze icons/heart.png` lets it move\n"
    )


def test_what_the_new_model_can_t_do_is_told_first(shell: Shell) -> None:
    spec = "version: 1\ndefaults: {model: gpt-image-2.5-flare}\nassets: {a.png: {prompt: a hen, quality: max}}\n"
    shell.write(spec)
    said = shell.run("migrate", "--from", "gpt-image-2.5-flare", "--to", "gpt-image-2", "--apply")
    assert said.code == 2 and "gpt-image-2 has no quality 'max'" in said.err
    assert (shell.root / "assets.yaml").read_text() == spec


def test_line_ends_and_a_mark_stay_as_they_were(shell: Shell) -> None:
    path = shell.root / "assets.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + SPEC.replace("\n", "\r\n").encode())
    assert shell.run("migrate", "--from", "ink-1", "--to", "ink-2", "--apply").code == 0
    expected = SPEC.replace("model: ink-1}", "model: ink-2}").replace('"ink-1"', '"ink-2"')
    assert path.read_bytes() == b"\xef\xbb\xbf" + expected.replace("\n", "\r\n").encode()


def test_samples_of_names_that_end_alike_lie_apart(shell: Shell) -> None:
    """What follows a dot is a part of the name: one sample must not stand where another is looked for."""
    names = ("hero.v2", "hero.v3", "key", "key.png")
    entries = "".join(f"  {name}: {{prompt: {name}, output: out/{number}.png}}\n" for number, name in enumerate(names))
    shell.write(SPEC[: SPEC.index("  icons/heart")] + entries)
    assert shell.run("build", "--yes").code == 0
    said = shell.run("migrate", "--from", "ink-1", "--to", "ink-2", "--sample", "4", "--yes", "--json")
    assert (said.code, len(shell.calls)) == (0, 8)
    places = [item["after"] for item in said.body["samples"]]
    assert places == [f".pixmake/migrate/{name}.ink-2.png" for name in names]
    assert len({(shell.root / place).read_bytes() for place in places}) == 4
