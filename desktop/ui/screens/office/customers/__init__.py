"""Customers and what is known of them."""
