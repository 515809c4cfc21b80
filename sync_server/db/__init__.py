"""The server's database: engine, transactions, embedded PostgreSQL, server-only tables, feed and migrations."""
