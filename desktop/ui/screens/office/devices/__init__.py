"""The devices of the shop: who is there, how far they are, codes to let them in, and taking one out."""
