"""What needs a decision, with both sides."""
