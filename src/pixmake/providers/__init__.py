"""Providers room: whoever paints."""
