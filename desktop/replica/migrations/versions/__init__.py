"""One file for each step of the replica's schema."""
