"""Root room: values of the environment that look secret are in no text that is shown or written."""

from __future__ import annotations

import re
from collections.abc import Mapping

SECRET = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH", re.IGNORECASE)
LEAST = 8
"""Characters of a secret: shorter values are words that turn up anywhere."""


def without_secrets(text: str, environment: Mapping[str, str]) -> str:
    """`text` with the names of variables that look secret in the place of their values."""
    secrets = {name: value.strip() for name, value in environment.items() if SECRET.search(name)}
    for name, value in sorted(secrets.items(), key=lambda item: -len(item[1])):
        if len(value) >= LEAST:
            text = text.replace(value, f"[{name}]")
    return text
