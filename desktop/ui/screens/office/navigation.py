"""The pages of the office, declared once: name, section of the sidebar, icon, and who may see it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.permissions import Permission


class PageName(StrEnum):
    """The pages there are."""

    SALES = "sales"
    CUSTOMERS = "customers"
    PRODUCTS = "products"
    STOCK = "stock"
    CONFLICTS = "conflicts"
    SYNC = "sync"
    DEVICES = "devices"


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One entry of the sidebar.

    Attributes:
        key: the shortcut that opens it.
        permission: what a person must hold to see it.
    """

    name: PageName
    text: str
    section: str
    key: str
    permission: Permission = Permission.USE_OFFICE


PAGES: tuple[PageEntry, ...] = (
    PageEntry(PageName.SALES, "Sales", "Sell", "Ctrl+1", Permission.SEE_SALES),
    PageEntry(PageName.CUSTOMERS, "Customers", "Sell", "Ctrl+2"),
    PageEntry(PageName.PRODUCTS, "Products", "Range", "Ctrl+3"),
    PageEntry(PageName.STOCK, "Levels", "Stock", "Ctrl+4"),
    PageEntry(PageName.CONFLICTS, "Conflicts", "Keep", "Ctrl+5"),
    PageEntry(PageName.SYNC, "Sync centre", "Keep", "Ctrl+6"),
    PageEntry(PageName.DEVICES, "Devices", "Keep", "Ctrl+7", Permission.MANAGE_DEVICES),
)

KEYS: tuple[tuple[str, str], ...] = (
    ("Ctrl+K", "Find a product, customer, receipt or page"),
    ("N", "Make a new one on this page"),
    ("Ctrl+S", "Save what was changed"),
    ("Ctrl+Z", "Undo what was not saved yet"),
    ("Esc", "Close, go back to the list"),
    ("Up / Down", "Go through the list"),
    ("Enter", "Open the row"),
    ("M", "Move stock (Levels, Products)"),
    ("1 2 3", "Take that value (Conflicts)"),
    ("R", "Restore the loser, of one or of all selected (Conflicts)"),
    ("K", "Keep it as it is; keep two profiles apart (Conflicts, Customers)"),
    ("J", "Go to the next that needs you (Conflicts)"),
    ("X / Space", "Select it, to decide many at once (Conflicts)"),
    ("Ctrl+A", "Select all that is shown (Conflicts)"),
    ("T P G", "Select the same thing, person, kind (Conflicts)"),
    ("C / J", "Compare with the other profile, join with any other (Customers)"),
    ("M / U", "Merge two profiles, undo it (Conflicts, Customers)"),
    ("T / E / G", "Try the server now, edit what was refused, gather the support bundle (Sync centre)"),
    ("L / D", "Replace a lost device, revoke it (Devices)"),
    ("Ctrl+L", "Lock the desk"),
    ("F5", "Look again"),
    ("F1", "This sheet"),
)
"""What each key does, for the help sheet; the same on every page."""
