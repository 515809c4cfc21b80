"""The sealed sales the server holds, and what its books add up to."""
