"""The sample shop “Tidewater”: two stores that can be sold from at once; written for this project."""
