"""Selling: find field, quick keys, results, function keys, and the numbers typed before a key."""
