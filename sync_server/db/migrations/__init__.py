"""The server's migration history; ``sync_server.db.migrate`` runs it."""
