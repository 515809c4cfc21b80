"""The sync centre at the till."""
