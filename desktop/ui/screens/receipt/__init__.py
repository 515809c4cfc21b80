"""After a sale: the receipt, the change, and the way on."""
