"""Root room: values of the environment that are secret are in no text that is shown or written.

Secret is what looks so by its variable's name, and what a spec says a key is in (`api_key_env`), whatever its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

SECRET = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH", re.IGNORECASE)
LEAST = 8
"""Characters of a secret: shorter values are words that turn up anywhere."""

WORDS = frozenset(
    {"KEY", "APIKEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASS", "CREDENTIAL", "CREDENTIALS", "AUTH"}
)


def names_a_secret(variable: str) -> bool:
    """Whether a variable's name says that it holds a secret: stricter than what is taken out of texts (no AUTHOR)."""
    return not WORDS.isdisjoint(variable.upper().split("_"))


_named: set[str] = set()


def keep_secret(variable: str) -> None:
    """From now on the value of this variable is a secret too: a spec says that there is a key in it."""
    _named.add(variable)


def without_secrets(text: str, environment: Mapping[str, str]) -> str:
    """`text` with the names of variables that are secret in the place of their values."""
    secrets = {name: value.strip() for name, value in environment.items() if SECRET.search(name) or name in _named}
    for name, value in sorted(secrets.items(), key=lambda item: -len(item[1])):
        if len(value) >= LEAST:
            text = text.replace(value, f"[{name}]")
    return text
