"""What of a spec's text is other than before, told by its bytes alone."""

from __future__ import annotations

import pytest

from pixmake.spec.narrowing import Narrowed, narrowed, place_of

OLD = "version: 1\nassets:\n" + "".join(f"  {number:05}.png: a hen\n" for number in range(9000)) + "vars: {}\n"


def changed(new: str) -> Narrowed | None:
    place = place_of(OLD)
    assert place is not None
    return narrowed(OLD.encode(), new.encode(), place)


def test_one_entry_of_many() -> None:
    found = changed(OLD.replace("04321.png: a hen", "04321.png: a duck"))
    assert found is not None
    assert found.before == "  04321.png: a hen\n"
    assert found.text == "version: 1\nassets:\n" + "\n" * 4321 + "  04321.png: a duck\nvars: {}\n"


@pytest.mark.parametrize(
    "new",
    [
        pytest.param(OLD.replace("hen", "duck"), id="all"),
        pytest.param(OLD.replace("00000.png: a", "00000.png: one").replace("08999.png: a", "08999.png: one"), id="far"),
        pytest.param(OLD.replace("  00001", "  new.png: an owl\n" * 9000 + "  00001"), id="more"),
    ],
)
def test_thousands_are_read_with_all_the_others(new: str) -> None:
    """Each is looked for in the record of the others: that grows with the square."""
    assert changed(new) is None
