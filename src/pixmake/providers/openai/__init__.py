"""Providers room: OpenAI and servers that speak its protocol."""
