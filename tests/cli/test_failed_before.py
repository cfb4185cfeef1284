"""What was answered with an error says so afterwards too, in `status`, `explain` and `plan`; a build asks again."""

from __future__ import annotations

from fakes.shell import Shell


def test_a_call_that_failed_is_named_until_it_is_bought(shell: Shell) -> None:
    shell.script(heart=["failed"])
    assert shell.run("build", "--yes").code == 1
    body = shell.run("status", "--json").body
    assert body["by_state"] == {"failed": 1, "fresh": 1}
    heart = body["assets"][0]
    assert (heart["state"], heart["steps"][0]["state"]) == ("failed", "failed")
    assert heart["reason"].startswith("never bought; the last call failed: ")
    said = shell.run("status")
    assert "failed – went wrong\n  icons/heart.png  never bought; the last call failed: " in said.out
    assert said.err == "next: pixmake build --max-cost 0.04\n"
    explained = shell.run("explain", "icons/heart.png").out
    assert explained.startswith("icons/heart.png#0  failed  $0.04\n  never bought; the last call failed: ")
    assert "help: mend what the provider complains of, then build again" in explained
    assert shell.run("list", "status:failed").out == shell.run("list", "status:pay").out == "icons/heart.png\n"
    plan = shell.run("plan", "--json").body
    assert [(item["state"], item["images"]) for item in plan["entries"]] == [("pay", 1), ("fresh", 0)]
    shell.script()
    assert shell.run("build", "--yes").code == 0
    assert shell.run("status", "--json").body["by_state"] == {"fresh": 2}


def test_a_changed_request_that_failed_shows_both(shell: Shell) -> None:
    assert shell.run("build", "--yes").code == 0
    shell.edit("a heart", "a black heart")
    shell.script(black=["failed"])
    assert shell.run("build", "--yes").code == 1
    assert "  icons/heart.png  changed: prompt; the last call failed: " in shell.run("status").out
    explained = shell.run("explain", "icons/heart.png").out
    assert "changed since it was last bought:" in explained
    assert "\n  the last call failed: " in explained
