"""The trade itself, pure: what the till, the server and the web agree on.

Nothing in here does I/O. Time, identifiers and randomness come in as arguments.
"""
