"""The range: a list over any number of products, and the panel in which one is edited."""
