"""The catalogue a replay needs, as an import file: each code once, with its commonest name, price and enough stock."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

from desktop.demo.replay.classify import Category, is_stocked
from desktop.demo.replay.lines import InvoiceLine
from desktop.demo.replay.plan import Plan

SPARE_PIECES = 10


def store_index_of_web(code_or_invoice: str, stores: int) -> int:
    """Web orders are handed out by the first store, which holds the web's stock."""
    del code_or_invoice, stores
    return 0


def opening_stock(plan: Plan, lines: Iterable[InvoiceLine], stores: int) -> dict[tuple[str, int], int]:
    """Pieces each store must have before the first day: all that will leave it, and a few spare."""
    till_by_invoice = {invoice.number: till for till, played in enumerate(plan.by_till) for invoice in played}
    leaving: dict[tuple[str, int], int] = defaultdict(int)
    for line in lines:
        if not is_stocked(line.code):
            continue
        till = till_by_invoice.get(line.invoice)
        store = plan.store_by_till[till] if till is not None else store_index_of_web(line.invoice, stores)
        leaving[line.code, store] += abs(line.quantity)
    return {key: pieces + SPARE_PIECES for key, pieces in leaving.items()}


def write_catalogue(path: Path, lines: Sequence[InvoiceLine], plan: Plan, store_codes: Sequence[str]) -> int:
    """Write the import file; gives the number of products."""
    names: dict[str, Counter[str]] = defaultdict(Counter)
    prices: dict[str, Counter[Decimal]] = defaultdict(Counter)
    for line in lines:
        if plan.category_by_row[line.row] in (Category.BAD_DEBT, Category.NOTHING_MOVED):
            continue
        names[line.code][line.description] += 1
        if line.unit_price > 0:
            prices[line.code][line.unit_price] += 1
    stock = opening_stock(plan, lines, len(store_codes))
    with path.open("w", encoding="utf-8", newline="") as sink:
        heading = ["sku", "name", "price", "tax", "kind", "category", *(f"stock:{code}" for code in store_codes)]
        writer = csv.writer(sink)
        writer.writerow(heading)
        for code in sorted(names):
            name = next((text for text, _ in names[code].most_common() if text), code)
            price = prices[code].most_common(1)[0][0] if prices[code] else Decimal(0)
            kind = "goods" if is_stocked(code) else "service"
            pieces = [stock.get((code, store), "") for store in range(len(store_codes))]
            writer.writerow([code, name, price, "STANDARD", kind, "Replay", *pieces])
    return len(names)
