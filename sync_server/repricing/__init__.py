"""Re-pricing: every synced sale is priced once more, trailing the push; what differs is reported, nothing is refused."""
