"""Bringing in a file of products: what would change, why rows are refused, then the real thing."""
