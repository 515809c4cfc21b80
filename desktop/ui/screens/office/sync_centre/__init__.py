"""What waits, what was sent, what came, what failed and why."""
