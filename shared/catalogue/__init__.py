"""What a product is called by: trade item numbers, codes that carry a price or a weight, GS1 element strings."""
