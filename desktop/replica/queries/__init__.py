"""What the replica is asked: one module per subject; nothing in here writes."""
