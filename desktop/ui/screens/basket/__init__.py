"""The basket on receipt paper, always on the same side."""
