"""The till's frame: what it talks to, which page is open, and the window around the pages."""
