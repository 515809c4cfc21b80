"""Customers: how they are called, by which keys the same person is found again, and who is who after a merge."""

from shared.customers.contact_keys import email_key, name_key, phone_key
from shared.customers.display import checked_name, display_name

__all__ = ["checked_name", "display_name", "email_key", "name_key", "phone_key"]
