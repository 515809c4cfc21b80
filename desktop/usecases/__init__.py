"""What people intend, one module per intention: each runs in one transaction and says what it changed."""
