"""Sync with devices: push, pull, events and digests."""
