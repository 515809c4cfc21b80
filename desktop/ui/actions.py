"""The table of actions: what a clerk does by key or tile, and a script does by name, declared once.

It drives shortcuts, tooltips, the help sheet (F1), what a person may do, and the scripts' argument checks. Free of Qt:
keys are written the way ``QKeySequence`` reads them, icons are names of the theme.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.permissions import Permission


class Place(StrEnum):
    """Where an action is offered; scripts may play every action."""

    LOGIN = "login"
    SELL = "sell"
    PAYMENT = "payment"
    RECEIPT = "receipt"
    SHIFT = "shift"
    OFFICE = "office"
    EVERYWHERE = "everywhere"
    SCRIPT = "script"
    """Only in scripts."""


class Kind(StrEnum):
    """What a script writes for an argument."""

    TEXT = "text"
    DECIMAL = "decimal text"
    """``"12.50"``; a whole number may also stand without quotes, anything with a point may not."""
    WHOLE = "whole number"
    FLAG = "true or false"
    OBJECT = "object"
    LIST = "list of objects"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of an action as a script names it; ``also`` are other names it is known by."""

    name: str
    kind: Kind = Kind.TEXT
    is_required: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do.

    Attributes:
        name: the script's ``do``, and the key of everything that refers to the action.
        text: on buttons, menus and the help sheet; sentence case.
        key: the shortcut, empty for none; the same on every screen.
        icon: name of an icon, empty for none.
        permission: what a person must hold; None: everybody, logged in or not.
        places: where it is offered.
        arguments: what a script may write beside ``do``.
        is_replay_only: refused unless a script was started with ``--replay``.
    """

    name: str
    text: str
    key: str = ""
    icon: str = ""
    permission: Permission | None = None
    places: frozenset[Place] = frozenset()
    arguments: tuple[Argument, ...] = ()
    is_replay_only: bool = False


def _at(*places: Place) -> frozenset[Place]:
    return frozenset(places)


_LINE = Argument("line", Kind.WHOLE)
_METHOD = Argument("method")
_SKU = Argument("sku", is_required=True)

_SELLING = (
    Action("help", "Help", "F1", "help", places=_at(Place.EVERYWHERE)),
    Action(
        "find",
        "Find",
        "F2",
        "search",
        Permission.SELL,
        _at(Place.SELL),
        (Argument("text", is_required=True), Argument("limit", Kind.WHOLE)),
    ),
    Action(
        "customer",
        "Customer",
        "F3",
        "customer",
        Permission.SELL,
        _at(Place.SELL),
        (Argument("number", also=("text", "phone", "name", "customer")),),
    ),
    Action(
        "look_up_customer",
        "Search the whole chain",
        "Shift+F3",
        "customer",
        Permission.SELL,
        _at(Place.SELL),
        (Argument("card", is_required=True, also=("number", "email", "phone")),),
    ),
    Action("park", "Park", "F4", "park", Permission.PARK, _at(Place.SELL), (Argument("label"),)),
    Action("recall", "Recall", "F5", "recall", Permission.PARK, _at(Place.SELL), (Argument("id", also=("parked",)),)),
    Action(
        "quantity",
        "Quantity",
        "F6",
        "quantity",
        Permission.SELL,
        _at(Place.SELL),
        (Argument("quantity", Kind.DECIMAL, is_required=True), _LINE),
    ),
    Action(
        "price",
        "Price",
        "F7",
        "price",
        Permission.OVERRIDE_PRICE,
        _at(Place.SELL),
        (Argument("price", Kind.DECIMAL, is_required=True, also=("amount", "unit_price")), _LINE),
    ),
    Action(
        "discount",
        "Discount",
        "F8",
        "discount",
        Permission.DISCOUNT,
        _at(Place.SELL),
        (
            Argument("percent", Kind.DECIMAL),
            Argument("amount", Kind.DECIMAL),
            Argument("basket", Kind.FLAG),
            Argument("reason"),
            _LINE,
        ),
    ),
    Action(
        "remove_discounts",
        "Take discounts back",
        "Shift+F8",
        "discount",
        Permission.DISCOUNT,
        _at(Place.SELL),
        (Argument("basket", Kind.FLAG), _LINE),
    ),
    Action("remove", "Void line", "Del", "remove", Permission.SELL, _at(Place.SELL), (_LINE,)),
    Action(
        "select",
        "Choose a line",
        "",
        "",
        Permission.SELL,
        _at(Place.SELL),
        (Argument("line", Kind.WHOLE, is_required=True),),
    ),
    Action("clear", "Clear the basket", "Ctrl+Del", "clear", Permission.SELL, _at(Place.SELL)),
    Action("dismiss", "Dismiss the notice", "Esc", "", None, _at(Place.SELL, Place.PAYMENT, Place.RECEIPT)),
    Action("scan", "Scan", "", "barcode", Permission.SELL, _at(Place.SELL), (Argument("code", is_required=True),)),
    Action(
        "add",
        "Add a product",
        "",
        "add",
        Permission.SELL,
        _at(Place.SELL),
        (_SKU, Argument("quantity", Kind.DECIMAL), Argument("price", Kind.DECIMAL)),
    ),
)

_PAYING = (
    Action(
        "tender",
        "Tender",
        "F9",
        "tender",
        Permission.SELL,
        _at(Place.SELL, Place.PAYMENT),
        (_METHOD, Argument("amount", Kind.DECIMAL), Argument("reference", Kind.OBJECT)),
    ),
    Action(
        "remove_tender",
        "Give a payment back",
        "Del",
        "remove",
        Permission.SELL,
        _at(Place.PAYMENT),
        (Argument("number", Kind.WHOLE),),
    ),
    Action("complete", "Finish the sale", "Return", "complete", Permission.SELL, _at(Place.PAYMENT)),
    Action(
        "exact_cash",
        "Exact cash",
        "F12",
        "cash",
        Permission.SELL,
        _at(Place.SELL, Place.PAYMENT),
        (Argument("given", Kind.DECIMAL, also=("amount",)),),
    ),
    Action(
        "return",
        "Return",
        "Ins",
        "return",
        Permission.RETURN_WITH_RECEIPT,
        _at(Place.SELL),
        (Argument("receipt", is_required=True), Argument("lines", Kind.LIST), _METHOD, Argument("disposition")),
    ),
    Action(
        "blind_return",
        "Return without a receipt",
        "Shift+Ins",
        "return",
        Permission.RETURN_WITHOUT_RECEIPT,
        _at(Place.SELL),
        (_SKU, Argument("quantity", Kind.DECIMAL), Argument("price", Kind.DECIMAL), _METHOD),
    ),
    Action(
        "receipt",
        "Find a receipt",
        "Ctrl+R",
        "receipt",
        Permission.RETURN_WITH_RECEIPT,
        _at(Place.SELL),
        (Argument("receipt", is_required=True, also=("number",)),),
    ),
    Action(
        "print_copy",
        "Print a copy",
        "Ctrl+P",
        "print",
        Permission.SELL,
        _at(Place.RECEIPT),
        (Argument("receipt", is_required=True, also=("number",)),),
    ),
)

_AT_THE_DOOR = (
    Action(
        "login",
        "Log in",
        "",
        "login",
        None,
        _at(Place.LOGIN),
        (
            Argument("user", is_required=True),
            Argument("pin", is_required=True),
        ),
    ),
    Action("logout", "Lock", "Ctrl+L", "lock", None, _at(Place.EVERYWHERE)),
    Action(
        "open_shift",
        "Open shift",
        "",
        "shift",
        Permission.OPEN_SHIFT,
        _at(Place.SHIFT),
        (Argument("float", Kind.DECIMAL, is_required=True), Argument("business_date")),
    ),
    Action(
        "count_shift",
        "Count the drawer",
        "",
        "count",
        Permission.CLOSE_SHIFT,
        _at(Place.SHIFT),
        (
            Argument("total", Kind.DECIMAL, also=("amount", "counted", "cash")),
            Argument("counts", Kind.OBJECT),
        ),
    ),
    Action("shift", "Shift so far", "Ctrl+T", "shift", Permission.CLOSE_SHIFT, _at(Place.SHIFT)),
    Action("close_shift", "Close shift", "", "shift", Permission.CLOSE_SHIFT, _at(Place.SHIFT)),
    Action(
        "cash_in",
        "Pay cash in",
        "",
        "cash",
        Permission.MOVE_CASH,
        _at(Place.SHIFT),
        (Argument("amount", Kind.DECIMAL, is_required=True), Argument("reason", is_required=True)),
    ),
    Action(
        "cash_out",
        "Pay cash out",
        "",
        "cash",
        Permission.MOVE_CASH,
        _at(Place.SHIFT),
        (
            Argument("amount", Kind.DECIMAL, is_required=True),
            Argument("reason", is_required=True),
            Argument("to_safe", Kind.FLAG),
        ),
    ),
)

_CONNECTION = (
    Action("sync", "Sync now", "Ctrl+U", "sync", None, _at(Place.EVERYWHERE)),
    Action("offline", "Work offline", "", "offline", None, _at(Place.SCRIPT)),
    Action("online", "Work online", "", "online", None, _at(Place.SCRIPT)),
    Action("sync_centre", "Sync centre", "F10", "sync", None, _at(Place.EVERYWHERE)),
    Action(
        "verify",
        "Compare with the server",
        "",
        "sync",
        None,
        _at(Place.SCRIPT),
        (Argument("deep", Kind.FLAG), Argument("repair", Kind.FLAG)),
    ),
    Action(
        "send_again",
        "Send a refused change again",
        "",
        "sync",
        Permission.MANAGE_SYNC,
        _at(Place.SCRIPT),
        (Argument("number", Kind.WHOLE, is_required=True),),
    ),
    Action(
        "set_aside",
        "Set a refused change aside",
        "",
        "",
        Permission.MANAGE_SYNC,
        _at(Place.SCRIPT),
        (Argument("number", Kind.WHOLE, is_required=True), Argument("reason", is_required=True)),
    ),
    Action(
        "support_bundle",
        "Support bundle",
        "",
        "",
        None,
        _at(Place.SCRIPT),
        (Argument("file"),),
    ),
    Action("digest", "Digest of this replica", "", "", None, _at(Place.SCRIPT)),
    Action("catalogue_as_of", "Catalogue as of", "", "", None, _at(Place.SCRIPT)),
)

_LOOKING = (
    Action("state", "State of the till", "", "", None, _at(Place.SCRIPT)),
    Action("parked", "Parked baskets", "", "", Permission.PARK, _at(Place.SCRIPT)),
    Action("stock", "Stock of a product", "", "stock", None, _at(Place.SCRIPT), (_SKU,)),
    Action(
        "clock",
        "Set the clock",
        "",
        "",
        None,
        _at(Place.SCRIPT),
        (Argument("at", is_required=True),),
        is_replay_only=True,
    ),
    Action("quit", "Leave", "Ctrl+Q", "quit", None, _at(Place.EVERYWHERE)),
)

_OFFICE = (
    Action(
        "stock_move",
        "Move stock",
        "",
        "stock",
        Permission.MOVE_STOCK,
        _at(Place.OFFICE),
        (
            _SKU,
            Argument("quantity", Kind.DECIMAL, is_required=True),
            Argument("reason", is_required=True),
            Argument("note"),
        ),
    ),
    Action(
        "edit_product",
        "Edit a product",
        "",
        "edit",
        Permission.EDIT_CATALOGUE,
        _at(Place.OFFICE),
        (_SKU, Argument("changes", Kind.OBJECT, is_required=True)),
    ),
    Action(
        "add_price",
        "Add a price",
        "",
        "price",
        Permission.EDIT_PRICES,
        _at(Place.OFFICE),
        (_SKU, Argument("price", Kind.DECIMAL, is_required=True), Argument("from")),
    ),
    Action(
        "join_customers",
        "Join two customers",
        "",
        "customer",
        Permission.EDIT_CUSTOMERS,
        _at(Place.OFFICE),
        (Argument("number", is_required=True), Argument("other", is_required=True), Argument("undo", Kind.FLAG)),
    ),
    Action("conflicts", "What needs a decision", "", "inbox", None, _at(Place.OFFICE)),
)

ACTIONS: dict[str, Action] = {
    action.name: action for action in (*_SELLING, *_PAYING, *_AT_THE_DOOR, *_CONNECTION, *_LOOKING, *_OFFICE)
}
"""Every action by its name, in the order of the help sheet."""


def actions_at(place: Place) -> tuple[Action, ...]:
    """The actions a place offers, those offered everywhere included, in the order of the help sheet."""
    return tuple(action for action in ACTIONS.values() if action.places & {place, Place.EVERYWHERE})
