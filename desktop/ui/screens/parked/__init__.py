"""Parked sales, to take up again."""
