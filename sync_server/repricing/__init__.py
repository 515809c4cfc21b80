"""Re-pricing: every synced sale is priced once more, behind the push; differences are reported, nothing is refused."""
