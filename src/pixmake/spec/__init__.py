"""Spec room: YAML text to Assets."""
