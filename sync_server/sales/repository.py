"""Sums over sales, orders and the ledger."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

_BOOKS = text("""
SELECT store.code AS store, store.name, store.currency,
       sold.sale_count, sold.sale_total, sold.sale_tax, sold.return_count, sold.return_total, sold.return_tax,
       sold.rounding_total, ordered.order_count, ordered.fulfilled_count, ordered.fulfilled_total,
       ordered.cancelled_count, ordered.open_count
FROM store
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE kind = 'sale') AS sale_count,
           coalesce(sum(total) FILTER (WHERE kind = 'sale'), 0)::bigint AS sale_total,
           coalesce(sum(tax_total) FILTER (WHERE kind = 'sale'), 0)::bigint AS sale_tax,
           count(*) FILTER (WHERE kind = 'return') AS return_count,
           coalesce(sum(total) FILTER (WHERE kind = 'return'), 0)::bigint AS return_total,
           coalesce(sum(tax_total) FILTER (WHERE kind = 'return'), 0)::bigint AS return_tax,
           coalesce(sum(rounding_total), 0)::bigint AS rounding_total
    FROM sale WHERE sale.store_id = store.id
) AS sold
CROSS JOIN LATERAL (
    SELECT count(*) AS order_count,
           count(*) FILTER (WHERE state = 'fulfilled') AS fulfilled_count,
           coalesce(sum(total) FILTER (WHERE state = 'fulfilled'), 0)::bigint AS fulfilled_total,
           count(*) FILTER (WHERE state = 'cancelled') AS cancelled_count,
           count(*) FILTER (WHERE state IN ('placed', 'ready')) AS open_count
    FROM customer_order WHERE customer_order.store_id = store.id
) AS ordered
ORDER BY store.code
""")
_RECEIPTS = text("""
SELECT sale.id, receipt_number AS number, sale.kind, total, sale.currency, store.code AS store
FROM sale LEFT JOIN store ON store.id = sale.store_id
WHERE sale.id > :after ORDER BY sale.id LIMIT :limit
""")
_PIECES = text("""
SELECT variant.sku, m.variant_id,
       coalesce(sum(quantity) FILTER (WHERE reason = 'sale'), 0)::bigint AS till,
       coalesce(sum(quantity) FILTER (WHERE reason = 'return'), 0)::bigint AS returned,
       coalesce(sum(quantity) FILTER (WHERE reason = 'web_order'), 0)::bigint AS web,
       coalesce(sum(quantity) FILTER (WHERE reason = 'receipt'), 0)::bigint AS received,
       coalesce(sum(quantity) FILTER (WHERE reason NOT IN ('sale', 'return', 'web_order', 'receipt')), 0)::bigint
           AS moved,
       sum(quantity)::bigint AS on_hand
FROM stock_movement AS m LEFT JOIN variant ON variant.id = m.variant_id
GROUP BY m.variant_id, variant.sku
ORDER BY variant.sku, m.variant_id
""")


def books(connection: Connection) -> list[Mapping[str, Any]]:
    """One row per store: counts, and totals in minor units."""
    return [dict(row) for row in connection.execute(_BOOKS).mappings()]


def receipts(connection: Connection, after: uuid.UUID, limit: int) -> list[Mapping[str, Any]]:
    """Sales and returns in the order of their ids."""
    return [dict(row) for row in connection.execute(_RECEIPTS, {"after": after, "limit": limit}).mappings()]


def pieces(connection: Connection) -> list[Mapping[str, Any]]:
    """What the ledger moved per variant over all stores, by kind of movement, in thousandths."""
    return [dict(row) for row in connection.execute(_PIECES).mappings()]
