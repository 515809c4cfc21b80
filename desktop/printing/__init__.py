"""Receipts on paper: as text in columns and as PDF. Free of Qt, so that scripts print too."""
