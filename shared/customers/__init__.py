"""Customers: how they are called, and keys by which the same person is found again."""

from shared.customers.display import checked_name, display_name
from shared.customers.matching import email_key, may_be_same_person, name_key, phone_key

__all__ = ["checked_name", "display_name", "email_key", "may_be_same_person", "name_key", "phone_key"]
