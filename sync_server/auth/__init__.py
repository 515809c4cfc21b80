"""Who calls: devices by short tokens, channels by API keys."""
