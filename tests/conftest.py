"""What all tests share: property tests try the same cases each time: what fails must fail for whoever looks after it.

PIXMAKE_OTHER_CASES=1 tries others, as the long command does.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("suite", derandomize=not os.environ.get("PIXMAKE_OTHER_CASES"))
settings.load_profile("suite")
