"""``report.json`` and the summary: whether tills, office, web and server agree, to the penny and to the piece."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from desktop.demo.day import digests_of
from desktop.demo.shop import DESKS, Chain


@dataclass(frozen=True, slots=True)
class ReplicaDigest:
    """One device's digest of everything it holds beside the server's of the same scopes."""

    device: str
    digest: str
    server_digest: str
    rows: int

    @property
    def agrees(self) -> bool:
        """Whether both are the same."""
        return self.digest == self.server_digest


@dataclass(slots=True)
class Findings:
    """What was compared and what came out.

    Attributes:
        lost: receipts a till sealed that the server does not hold, or holds at another total.
        doubled: receipt numbers the server holds more than once, or that no till sealed.
        stock_differences: what the server's own check of levels against the ledger found.
        remarks: anything that does not agree, in a sentence each.
    """

    currency: str
    replicas: list[ReplicaDigest]
    lost: list[str]
    doubled: list[str]
    stock_differences: int
    products_checked: int
    pending: int
    remarks: list[str] = field(default_factory=list)

    @property
    def stock_agrees(self) -> bool:
        """Σ movements = stock level for every product and store, and nothing waits."""
        return self.stock_differences == 0 and self.pending == 0

    @property
    def server_digest(self) -> str:
        """The server's digest of the scopes the replicas hold; empty if they differ among themselves."""
        digests = {replica.server_digest for replica in self.replicas}
        return digests.pop() if len(digests) == 1 else ""

    @property
    def agree(self) -> bool:
        """Everything that was compared agrees."""
        return (
            self.stock_agrees
            and all(replica.agrees for replica in self.replicas)
            and not (self.lost or self.doubled or self.remarks)
        )


def compare(chain: Chain, totals_by_receipt: Mapping[str, str]) -> Findings:
    """Compare what the tills sealed with the server's books, replicas with the server, stock with the ledger."""
    stock = chain.web.get("/verify/stock")  # it also brings every level up, so that devices can fetch the last ones
    for desk in chain.desks.values():
        desk.do("sync")
    server_by_device = {entry["device"]: entry for entry in chain.web.get("/verify/digests")["devices"]}
    replicas = []
    pending = 0
    for name, answer in digests_of(list(chain.desks.values())):
        entry = server_by_device[str(answer["device"])]
        replicas.append(ReplicaDigest(name, str(answer["digest"]), str(entry["digest"]), int(answer["rows"])))
        pending += int(answer["pending"])
    receipts = _receipts(chain)
    held = [receipt["number"] for receipt in receipts]
    total_by_number = {receipt["number"]: receipt["total"] for receipt in receipts}
    lost = [number for number, total in totals_by_receipt.items() if total_by_number.get(number) != total]
    doubled = sorted({number for number in held if held.count(number) > 1} if len(set(held)) < len(held) else set())
    doubled += sorted(set(held) - set(totals_by_receipt))
    return Findings(
        currency=str(chain.web.get("/reports/books")["currency"]),
        replicas=replicas,
        lost=lost,
        doubled=doubled,
        stock_differences=len(stock["differences"]),
        products_checked=int(stock["checked"]),
        pending=pending,
    )


def _receipts(chain: Chain) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = ""
    while page := chain.web.get("/reports/receipts", limit="5000", after=after)["receipts"]:
        found += page
        after = page[-1]["id"]
    return found


def write_report(path: Path, findings: Findings, figures: Mapping[str, object]) -> dict[str, object]:
    """Write ``report.json``; gives what was written."""
    report: dict[str, object] = {
        "agree": findings.agree,
        "stock_agrees": findings.stock_agrees,
        "lost": len(findings.lost),
        "doubled": len(findings.doubled),
        **figures,
        "currency": findings.currency,
        "server_digest": findings.server_digest,
        "replicas": [
            {
                "device": replica.device,
                "digest": replica.digest,
                "server_digest": replica.server_digest,
                "rows": replica.rows,
                "agrees": replica.agrees,
            }
            for replica in findings.replicas
        ],
        "stock_levels_checked": findings.products_checked,
        "remarks": findings.remarks,
    }
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return report


def print_summary(console: Console, findings: Findings, rows: Mapping[str, str]) -> None:
    """The part a person reads."""
    table = Table.grid(padding=(0, 3))
    table.add_column(style="dim")
    table.add_column(justify="right")
    for what, figure in rows.items():
        table.add_row(what, figure)
    table.add_row("", "")
    for replica in findings.replicas:
        word = "[green]same as the server[/green]" if replica.agrees else "[red]differs[/red]"
        table.add_row(f"{replica.device}, {replica.rows:,} rows", f"{replica.digest[:12]}  {word}")
    stock_word = "[green]Σ movements = level[/green]" if findings.stock_agrees else "[red]differs[/red]"
    table.add_row(f"{findings.products_checked:,} stock levels", stock_word)
    table.add_row("receipts lost, doubled", f"{len(findings.lost)}, {len(findings.doubled)}")
    for remark in findings.remarks:
        table.add_row("[red]does not agree[/red]", remark)
    verdict = (
        "[bold green]Everything agrees, to the penny and to the piece.[/bold green]"
        if findings.agree
        else "[bold red]Something does not agree: see above and report.json.[/bold red]"
    )
    console.print(Panel(table, title="Counterfoil · the day’s books", subtitle=verdict, padding=(1, 2)))


def desk_names() -> list[str]:
    """The devices of the demo in order."""
    return [desk.title for desk in DESKS]
