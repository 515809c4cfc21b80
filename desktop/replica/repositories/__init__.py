"""Writes to the device's own tables; replicated rows are written through the unit of work only."""
