"""Draft room: an embedded illustrator that composes a picture from what the prompt names. Same request, same bytes."""

from pixmake.providers.draft.provider import ENGINE, DraftProvider, draw

__all__ = ["ENGINE", "DraftProvider", "draw"]
