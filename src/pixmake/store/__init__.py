"""Store room: paid originals, the journal, pools, the lockfile."""
