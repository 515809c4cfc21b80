"""Long runs with real processes that are killed, cut off and started again."""
