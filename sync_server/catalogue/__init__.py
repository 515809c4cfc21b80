"""The range on the server: products and prices for channels, and the import of a catalogue from a file."""
