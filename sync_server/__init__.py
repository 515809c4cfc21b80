"""The central server: stateless FastAPI workers over PostgreSQL."""
