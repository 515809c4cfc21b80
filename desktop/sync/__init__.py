"""Keeping the replica in step with the server: what waits is sent, what is new is fetched; Qt-free."""
