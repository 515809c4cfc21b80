"""Customers on the server."""
