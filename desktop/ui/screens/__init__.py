"""One folder per screen: a frozen state, a presenter without widgets, and the widgets that show it."""
