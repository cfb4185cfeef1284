"""Plan room: what to do, why, and for how much. Pure."""
