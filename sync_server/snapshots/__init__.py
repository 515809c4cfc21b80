"""Snapshot files: whole scopes, ready to be taken by devices that start empty."""
