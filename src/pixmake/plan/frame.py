"""Plan room: what surrounds a step's raw answer: the fence that puts the parent back outside the mask."""

from __future__ import annotations

from pixmake.plan.artifact import Artifact, Fenced, MaskPicture
from pixmake.plan.requests import StepInputs
from pixmake.spec.asset import Step
from pixmake.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """How any candidate of a step becomes the step's picture. Without a mask or a fence it is the candidate itself."""

    parent: Artifact | None = None
    mask: MaskPicture | None = None
    feather: int = 0

    def around(self, answer: Artifact) -> Artifact:
        if self.parent is None or self.mask is None:
            return answer
        return Fenced(answer=answer, parent=self.parent, mask=self.mask, feather=self.feather)


BARE = Frame()
"""The frame of most steps: none."""


def frame_of(step: Step, inputs: StepInputs) -> Frame:
    """The frame of a step whose inputs are known."""
    if step.fence is None or inputs.mask is None or inputs.parent is None:
        return BARE
    return Frame(parent=inputs.parent, mask=inputs.mask, feather=step.fence)
