"""Stock levels, and moving stock with a reason."""
