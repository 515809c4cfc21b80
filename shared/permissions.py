"""Who may do what: roles and what they hold, enforced by the use case and by the server, not by hiding buttons."""

from __future__ import annotations

from enum import StrEnum

from shared.errors import UserError


class Permission(StrEnum):
    """One thing a person may be allowed to do."""

    SELL = "sell"
    DISCOUNT = "discount"
    OVERRIDE_PRICE = "override_price"
    RETURN_WITH_RECEIPT = "return_with_receipt"
    RETURN_WITHOUT_RECEIPT = "return_without_receipt"
    PARK = "park"
    OPEN_SHIFT = "open_shift"
    CLOSE_SHIFT = "close_shift"
    MOVE_CASH = "move_cash"
    EDIT_CUSTOMERS = "edit_customers"
    USE_OFFICE = "use_office"
    EDIT_CATALOGUE = "edit_catalogue"
    EDIT_PRICES = "edit_prices"
    IMPORT_CATALOGUE = "import_catalogue"
    MOVE_STOCK = "move_stock"
    SEE_SALES = "see_sales"
    DECIDE_CONFLICTS = "decide_conflicts"
    MANAGE_SYNC = "manage_sync"
    MANAGE_DEVICES = "manage_devices"


class Role(StrEnum):
    """What a person is in the shop."""

    CLERK = "clerk"
    SUPERVISOR = "supervisor"
    MERCHANDISER = "merchandiser"
    MANAGER = "manager"


_AT_THE_TILL = frozenset(
    {
        Permission.SELL,
        Permission.PARK,
        Permission.OPEN_SHIFT,
        Permission.CLOSE_SHIFT,
        Permission.RETURN_WITH_RECEIPT,
        Permission.EDIT_CUSTOMERS,
        Permission.DISCOUNT,
    }
)
_SUPERVISING = _AT_THE_TILL | {
    Permission.OVERRIDE_PRICE,
    Permission.RETURN_WITHOUT_RECEIPT,
    Permission.MOVE_CASH,
    Permission.SEE_SALES,
    Permission.MANAGE_SYNC,
    Permission.MOVE_STOCK,
}

PERMISSIONS_BY_ROLE: dict[Role, frozenset[Permission]] = {
    Role.CLERK: _AT_THE_TILL,
    Role.SUPERVISOR: _SUPERVISING,
    Role.MERCHANDISER: frozenset(
        {
            Permission.USE_OFFICE,
            Permission.EDIT_CATALOGUE,
            Permission.EDIT_PRICES,
            Permission.IMPORT_CATALOGUE,
            Permission.MOVE_STOCK,
            Permission.SEE_SALES,
            Permission.EDIT_CUSTOMERS,
            Permission.DECIDE_CONFLICTS,
            Permission.MANAGE_SYNC,
        }
    ),
    Role.MANAGER: frozenset(Permission),
}


def is_allowed(role: str, permission: Permission) -> bool:
    """Whether a role (its text) holds a permission; an unknown role holds none."""
    return role in set(Role) and permission in PERMISSIONS_BY_ROLE[Role(role)]


def require(role: str, permission: Permission) -> None:
    """Pass if the role holds the permission.

    Raises:
        UserError: ``not_allowed``.
    """
    if not is_allowed(role, permission):
        raise UserError(
            "not_allowed",
            "You may not do this. Ask a supervisor to log in.",
            permission=str(permission),
            role=role,
        )
