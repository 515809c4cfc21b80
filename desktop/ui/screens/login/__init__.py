"""Logging in by name and PIN."""
