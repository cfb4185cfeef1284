"""Publish room: files for users."""
