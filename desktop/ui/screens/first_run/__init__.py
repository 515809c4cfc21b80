"""Joining a shop: server address and code."""
