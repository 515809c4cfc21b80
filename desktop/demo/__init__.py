"""A trading day to watch, and real invoices played again, by real processes over real HTTP and scripted keys."""
