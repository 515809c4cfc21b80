"""What every page of the till has in common: the session it shows, and the shape of a page."""
