"""Orders of the web and other channels: placed with a promise of stock, handed out or cancelled."""
