"""The shift: opened with a float, closed with a count."""
