"""Build room: the plan, executed."""
