"""Epochs: noticing that the database is not the one devices knew, and saying so before anything is served."""
