"""Qt models that hold ids and fetch pages of rows; sorting and filtering happen in SQL."""
