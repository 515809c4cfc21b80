"""The device's own database: an encrypted SQLite file that holds its part of the shop and everything not sent yet."""
