"""Devices: how a till or an office joins, and how it is shown the door."""
