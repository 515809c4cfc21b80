"""Sealed sales and returns, with their receipts."""
