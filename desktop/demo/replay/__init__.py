"""Real invoice lines played through tills, returns, web orders and stock movements, every line accounted for."""
