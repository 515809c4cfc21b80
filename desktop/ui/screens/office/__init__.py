"""The office: products, stock, sales, customers, conflicts and the sync centre, in one calm window."""
