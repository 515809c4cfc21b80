"""The first schema: the replicated tables and the device's own.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build everything."""
    op.create_table(
        "app_user",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("store_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
    )
    op.create_table(
        "barcode",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("variant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_barcode")),
    )
    op.create_index("ix_barcode_code", "barcode", ["code"], unique=False)
    op.create_index("ix_barcode_variant_id", "barcode", ["variant_id"], unique=False)
    op.create_table(
        "cash_movement",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("store_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("device_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("shift_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cash_movement")),
    )
    op.create_table(
        "category",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("parent_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("is_archived", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
    )
    op.create_table(
        "customer",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("store_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("addresses", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("may_send_offers", sa.Boolean(), nullable=False),
        sa.Column("consent_evidence", sa.Text(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Integer(), nullable=False),
        sa.Column("is_archived", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
    )
    op.create_table(
        "customer_order",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("store_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("customer_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("net_total", sa.Integer(), nullable=False),
        sa.Column("tax_total", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("placed_at", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_order")),
    )
    op.create_index("ix_customer_order_store_id_state", "customer_order", ["store_id", "state"], unique=False)
    op.create_table(
        "device",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("store_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("enrolled_at", sa.Integer(), nullable=True),
        sa.Column("revoked_at", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
    )
    op.create_table(
        "inbox_entry",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("store_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("mine", sa.Text(), nullable=True),
        sa.Column("mine_by", sa.Text(), nullable=False),
        sa.Column("mine_at", sa.Integer(), nullable=True),
        sa.Column("theirs", sa.Text(), nullable=True),
        sa.Column("theirs_by", sa.Text(), nullable=False),
        sa.Column("theirs_at", sa.Integer(), nullable=True),
        sa.Column("stands", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_entry")),
    )
    op.create_table(
        "order_line",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("order_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price_micro", sa.Integer(), nullable=False),
        sa.Column("net", sa.Integer(), nullable=False),
        sa.Column("tax", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
    )
    op.create_index("ix_order_line_order_id", "order_line", ["order_id"], unique=False)
    op.create_table(
        "parked_sale",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("store_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("device_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("parked_at", sa.Integer(), nullable=False),
        sa.Column("parked_by", sa.LargeBinary(length=16), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("basket", sa.Text(), nullable=False),
        sa.Column("taken_by_device_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("taken_at", sa.Integer(), nullable=True),
        sa.Column("is_discarded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked_sale")),
    )
    op.create_table(
        "price",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("price_list_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("variant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit_price_micro", sa.Integer(), nullable=False),
        sa.Column("min_quantity", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("created_at", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price")),
    )
    op.create_index("ix_price_variant_id", "price", ["variant_id"], unique=False)
    op.create_table(
        "price_list",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_list")),
    )
    op.create_table(
        "product",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("category_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("tax_category_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Integer(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
    )
    op.create_table(
        "quick_key",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("store_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("category_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("variant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quick_key")),
    )
    op.create_table(
        "sale",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("store_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("device_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("shift_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("receipt_number", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("sealed_at", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("cashier_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("approved_by", sa.LargeBinary(length=16), nullable=True),
        sa.Column("customer_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("customer_reference", sa.Text(), nullable=False),
        sa.Column("return_of_sale_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("tax_rounding", sa.Text(), nullable=False),
        sa.Column("goods_total", sa.Integer(), nullable=False),
        sa.Column("discount_total", sa.Integer(), nullable=False),
        sa.Column("net_total", sa.Integer(), nullable=False),
        sa.Column("tax_total", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("rounding_total", sa.Integer(), nullable=False),
        sa.Column("catalogue_position", sa.Integer(), nullable=False),
        sa.Column("engine_version", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("previous_seal", sa.LargeBinary(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale")),
    )
    op.create_index("ix_sale_receipt_number", "sale", ["receipt_number"], unique=False)
    op.create_index("ix_sale_shift_id", "sale", ["shift_id"], unique=False)
    op.create_index("ix_sale_store_id_sealed_at", "sale", ["store_id", "sealed_at"], unique=False)
    op.create_table(
        "sale_line",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sale_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("unit_price_micro", sa.Integer(), nullable=False),
        sa.Column("list_price_micro", sa.Integer(), nullable=True),
        sa.Column("price_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("price_reason", sa.Text(), nullable=False),
        sa.Column("tax_category_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("gross", sa.Integer(), nullable=False),
        sa.Column("discount", sa.Integer(), nullable=False),
        sa.Column("net", sa.Integer(), nullable=False),
        sa.Column("tax", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("taxes", sa.Text(), nullable=False),
        sa.Column("discounts", sa.Text(), nullable=False),
        sa.Column("return_of_sale_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("return_of_line_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("disposition", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_line")),
    )
    op.create_index("ix_sale_line_return_of_line_id", "sale_line", ["return_of_line_id"], unique=False)
    op.create_index("ix_sale_line_sale_id", "sale_line", ["sale_id"], unique=False)
    op.create_table(
        "sale_tax",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sale_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rate_ppm", sa.Integer(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("tax", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_tax")),
    )
    op.create_index("ix_sale_tax_sale_id", "sale_tax", ["sale_id"], unique=False)
    op.create_table(
        "sale_tender",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sale_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_tender")),
    )
    op.create_index("ix_sale_tender_sale_id", "sale_tender", ["sale_id"], unique=False)
    op.create_table(
        "setting",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("store_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setting")),
    )
    op.create_table(
        "shift",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("store_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("device_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Integer(), nullable=False),
        sa.Column("opened_by", sa.LargeBinary(length=16), nullable=False),
        sa.Column("opening_float", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.Integer(), nullable=True),
        sa.Column("closed_by", sa.LargeBinary(length=16), nullable=True),
        sa.Column("expected_cash", sa.Integer(), nullable=True),
        sa.Column("counted_cash", sa.Integer(), nullable=True),
        sa.Column("difference", sa.Integer(), nullable=True),
        sa.Column("figures", sa.Text(), nullable=True),
        sa.Column("counts", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
    )
    op.create_table(
        "stock_level",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("store_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("variant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("damaged", sa.Integer(), nullable=False),
        sa.Column("in_quality_control", sa.Integer(), nullable=False),
        sa.Column("incoming", sa.Integer(), nullable=False),
        sa.Column("ledger_position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_level")),
    )
    op.create_index("ix_stock_level_variant_id", "stock_level", ["variant_id"], unique=False)
    op.create_table(
        "stock_movement",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("store_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("variant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("device_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("user_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("source_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movement")),
    )
    op.create_index("ix_stock_movement_store_id_variant_id", "stock_movement", ["store_id", "variant_id"], unique=False)
    op.create_table(
        "store",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("tax_number", sa.Text(), nullable=False),
        sa.Column("price_list_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("tax_rounding", sa.Text(), nullable=False),
        sa.Column("cash_step", sa.Integer(), nullable=False),
        sa.Column("receipt_header", sa.Text(), nullable=False),
        sa.Column("receipt_footer", sa.Text(), nullable=False),
        sa.Column("is_archived", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store")),
    )
    op.create_table(
        "tax_category",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_category")),
    )
    op.create_table(
        "tax_rate",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("tax_category_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("computation", sa.Text(), nullable=False),
        sa.Column("rate_ppm", sa.Integer(), nullable=False),
        sa.Column("fixed_micro", sa.Integer(), nullable=False),
        sa.Column("price_include", sa.Boolean(), nullable=False),
        sa.Column("include_base_amount", sa.Boolean(), nullable=False),
        sa.Column("base_affected", sa.Boolean(), nullable=False),
        sa.Column("reverse_charge", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rate")),
    )
    op.create_table(
        "variant",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("product_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variant")),
    )
    op.create_index("ix_variant_product_id", "variant", ["product_id"], unique=False)
    op.create_index("ix_variant_sku", "variant", ["sku"], unique=False)
    op.create_table(
        "base_copy",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("entity", "id", name=op.f("pk_base_copy")),
    )
    op.create_table(
        "cursor",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_cursor")),
        sa.UniqueConstraint("scope", name=op.f("uq_cursor_scope")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "device_value",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_device_value")),
    )
    op.create_table(
        "expected_stock",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("store_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("variant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", "store_id", "variant_id", name=op.f("pk_expected_stock")),
    )
    op.create_index("ix_expected_stock_variant_id", "expected_stock", ["variant_id"], unique=False)
    op.create_table(
        "identity",
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("store_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("server_url", sa.Text(), nullable=False),
        sa.Column("server_id", sa.Text(), nullable=False),
        sa.Column("incarnation", sa.LargeBinary(length=16), nullable=False),
        sa.Column("outbox_base", sa.Integer(), nullable=False),
        sa.Column("receipt_series", sa.Integer(), nullable=False),
        sa.Column("enrolled_at", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("settled_number", sa.Integer(), nullable=False),
        sa.Column("projected_number", sa.Integer(), nullable=False),
        sa.Column("clock_offset_us", sa.Integer(), nullable=False),
        sa.Column("consistent_at", sa.Integer(), nullable=True),
        sa.Column("is_indexed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_identity")),
    )
    op.create_table(
        "membership",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("scope_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "id", "scope_number", name=op.f("pk_membership")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "open_basket",
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("header", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_open_basket")),
    )
    op.create_table(
        "open_basket_line",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_basket_line")),
    )
    op.create_table(
        "outbox",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("arguments", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.Integer(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_entity_entity_id", "outbox", ["entity", "entity_id"], unique=False)
    op.create_index("ix_outbox_refused", "outbox", ["number"], unique=False, sqlite_where=sa.text("state = 'refused'"))
    op.create_index("ix_outbox_waiting", "outbox", ["number"], unique=False, sqlite_where=sa.text("state = 'waiting'"))
    op.create_table(
        "pin_attempt",
        sa.Column("user_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("last_failed_at", sa.Integer(), nullable=False),
        sa.Column("delayed_until", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_pin_attempt")),
    )
    op.create_table(
        "receipt_counter",
        sa.Column("series", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_receipt_counter")),
    )
    op.create_table(
        "seal_chain",
        sa.Column("series", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_seal_chain")),
    )
    op.create_table(
        "sync_event",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_event")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Take everything away."""
    op.drop_table("sync_event")
    op.drop_table("seal_chain")
    op.drop_table("receipt_counter")
    op.drop_table("pin_attempt")
    op.drop_table("outbox")
    op.drop_table("open_basket_line")
    op.drop_table("open_basket")
    op.drop_table("membership")
    op.drop_table("identity")
    op.drop_table("expected_stock")
    op.drop_table("device_value")
    op.drop_table("cursor")
    op.drop_table("base_copy")
    op.drop_table("variant")
    op.drop_table("tax_rate")
    op.drop_table("tax_category")
    op.drop_table("store")
    op.drop_table("stock_movement")
    op.drop_table("stock_level")
    op.drop_table("shift")
    op.drop_table("setting")
    op.drop_table("sale_tender")
    op.drop_table("sale_tax")
    op.drop_table("sale_line")
    op.drop_table("sale")
    op.drop_table("quick_key")
    op.drop_table("product")
    op.drop_table("price_list")
    op.drop_table("price")
    op.drop_table("parked_sale")
    op.drop_table("order_line")
    op.drop_table("inbox_entry")
    op.drop_table("device")
    op.drop_table("customer_order")
    op.drop_table("customer")
    op.drop_table("category")
    op.drop_table("cash_movement")
    op.drop_table("barcode")
    op.drop_table("app_user")
