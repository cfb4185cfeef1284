"""Imaging room: bytes to pixels and back, with limits first."""
