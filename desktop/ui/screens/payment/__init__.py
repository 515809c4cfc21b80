"""Paying: methods, the amount given, change."""
