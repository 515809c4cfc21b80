"""Every key on one sheet."""
