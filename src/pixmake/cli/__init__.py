"""CLI room: commands."""
