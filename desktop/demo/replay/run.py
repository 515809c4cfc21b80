"""Replay a file of invoices over four tills and the web, and hold the books against sums taken from the file alone."""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.table import Table

from desktop.demo.replay.books import check_books
from desktop.demo.replay.catalogue import write_catalogue
from desktop.demo.replay.classify import Category, CategorySum, sums_by_category
from desktop.demo.replay.lines import InvoiceLine, read_lines
from desktop.demo.replay.plan import Invoice, Plan, make_plan
from desktop.demo.replay.play import Played, TillPlayer, web_order_lines
from desktop.demo.report import compare, print_summary, write_report
from desktop.demo.shop import DESKS, Chain, Tell, open_chain
from shared.errors import UserError

STORES = ("HS", "ML")
STORE_BY_TILL = (0, 0, 1, 1)
RECEIPT_WEEKS = 120
"""Goods come back long after the standard quarter; every receipt of the file must be at hand."""
LOGIN = {"do": "login", "user": "ada", "pin": "9021"}


def replay(console: Console, options: argparse.Namespace) -> int:
    """Play the file; the exit code says whether everything agrees."""
    began = time.perf_counter()

    def tell(text: str) -> None:
        console.print(f"[dim]{time.perf_counter() - began:6.1f} s[/dim]  {text}")

    lines = read_lines(options.data, options.first, options.last)
    if not lines:
        raise UserError("data_empty", "The file has no lines between these days. Check --from and --to.")
    plan = make_plan(lines, STORE_BY_TILL)
    tell(
        f"{len(lines):,} lines planned: {sum(map(len, plan.by_till)):,} invoices at tills, {len(plan.web):,} web orders"
    )
    with open_chain(options.out, tell, is_replay=True) as chain:
        chain.server.command("setting", "sales_weeks_kept", str(RECEIPT_WEEKS))
        products = load_catalogue(chain, lines, plan, options.out)
        tell(f"{products:,} products imported, with their opening stock; every device fetches them")
        for desk in chain.desks.values():
            desk.do("sync")
        played, sold_seconds = play(chain, plan, tell)
        settle(chain)
        tell("Comparing: tills with server, server with file, levels with ledger")
        findings = compare(chain, played.totals_by_receipt)
        books = check_books(chain.web, lines, plan, played)
        findings.remarks.extend(books.remarks)
    sums = sums_by_category(lines, plan.category_by_row)
    seconds = time.perf_counter() - began
    operations = played.sales + played.returns + len(plan.web)
    figures = {
        "sales": played.sales,
        "returns": played.returns,
        "web_orders": len(plan.web),
        "stock_moves": played.moves,
        "seconds": round(seconds, 1),
        "selling_seconds": round(sold_seconds, 1),
        "sales_per_second": round(operations / sold_seconds, 1),
        "lines_per_second": round(len(lines) / sold_seconds, 1),
        "offline_till_days": played.offline_days,
        "lines_total": len(lines),
        "lines_by_category": _as_json(sums),
        "booked": {"revenue": str(books.revenue), "refunds": str(books.refunds)},
        "file": {"revenue": str(books.file_revenue), "refunds": str(books.file_refunds)},
        "differences_explained": [difference.as_json() for difference in books.differences],
    }
    write_report(options.out / "report.json", findings, figures)
    console.print(_category_table(sums))
    rows = {
        "sales sealed, returns": f"{played.sales:,}, {played.returns:,}",
        "web orders": f"{len(plan.web):,}",
        "revenue in the server’s books": f"{books.revenue:,} {findings.currency}",
        "refunds in the server’s books": f"{books.refunds:,} {findings.currency}",
        "differences explained by rounding or category": f"{len(books.differences)}",
        "till-days played offline": f"{played.offline_days}",
        "sales and returns per second": f"{figures['sales_per_second']}",
    }
    print_summary(console, findings, rows)
    return 0 if findings.agree else 1


def load_catalogue(chain: Chain, lines: list[InvoiceLine], plan: Plan, out: Path) -> int:
    """Import the products of the file with ``counterfoil-server import-catalogue``."""
    path = out / "catalogue.csv"
    products = write_catalogue(path, lines, plan, STORES)
    chain.server.command("import-catalogue", str(path))
    return products


def play(chain: Chain, plan: Plan, tell: Tell) -> tuple[Played, float]:
    """All tills and the web side by side; gives what was played and the seconds it took."""
    played = Played()
    began = time.perf_counter()
    tills = [desk.key for desk in DESKS if desk.kind == "till"]
    with ThreadPoolExecutor(len(tills) + 1) as pool:
        jobs = [
            pool.submit(TillPlayer(chain.desks[key], index, plan, played).play, plan.by_till[index], LOGIN)
            for index, key in enumerate(tills)
        ]
        jobs.append(pool.submit(_play_web, chain, plan.web))
        for job in jobs:
            job.result()
    tell(f"{played.sales:,} sales and {played.returns:,} returns played")
    return played, time.perf_counter() - began


def _play_web(chain: Chain, orders: list[Invoice]) -> None:
    for invoice in orders:
        fields = {"placed_at": invoice.at.isoformat()}
        if not chain.web.order(invoice.number, STORES[0], list(web_order_lines(invoice)), **fields):
            raise UserError("web_order_refused", f"Web order {invoice.number} was refused though its stock was there.")
        chain.web.fulfil(invoice.number)


def settle(chain: Chain) -> None:
    """Until nothing waits anywhere: what each device sent reaches all the others."""
    office = chain.desks["office"]
    office.do("login", user="jonas", pin="4826")
    for _ in range(2):
        for desk in chain.desks.values():
            desk.do("sync")


def _as_json(sums: dict[Category, CategorySum]) -> dict[str, dict[str, object]]:
    return {
        str(category): {"lines": row.lines, "pieces": row.pieces, "value": f"{row.value:f}"}
        for category, row in sorted(sums.items())
    }


def _category_table(sums: dict[Category, CategorySum]) -> Table:
    table = Table(title="Every line of the file, in exactly one category", title_justify="left")
    table.add_column("category")
    for heading in ("lines", "pieces", "value"):
        table.add_column(heading, justify="right")
    for category, row in sorted(sums.items()):
        table.add_row(str(category).replace("_", " "), f"{row.lines:,}", f"{row.pieces:,}", f"{row.value:,.2f}")
    total = CategorySum(
        sum(row.lines for row in sums.values()),
        sum(row.pieces for row in sums.values()),
        sum((row.value for row in sums.values()), Decimal(0)),
    )
    table.add_section()
    table.add_row("all", f"{total.lines:,}", f"{total.pieces:,}", f"{total.value:,.2f}")
    return table
