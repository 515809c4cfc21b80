"""The replicated tables, declared once for both homes: the server's PostgreSQL and each device's encrypted SQLite.

Every table belongs to one aggregate (``registry.AGGREGATES``); every column says how concurrent edits of it are
settled. The server and the device each add their own tables and keep their own migration history.
"""
