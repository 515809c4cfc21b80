"""The inbox on the server: what was merged, refused or found odd, and what a person decides about it."""
