"""The second schema: what sync needs to lose nothing. Written by ``tests.helpers.revision`` from the models.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from sync_server.db.migrations import steps_0002

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new, then move what is there."""
    op.create_table(
        "broken_promise",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("missing", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "variant_id", name=op.f("pk_broken_promise")),
    )
    op.create_index("ix_broken_promise_store_id_variant_id", "broken_promise", ["store_id", "variant_id"], unique=False)
    op.create_table(
        "carried_out",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_carried_out")),
    )
    op.create_table(
        "customer_alias",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alias_id", sa.Uuid(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("evidence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_alias")),
    )
    op.create_index("ix_customer_alias_alias_id", "customer_alias", ["alias_id"], unique=False)
    op.create_index("ix_customer_alias_survivor_id", "customer_alias", ["survivor_id"], unique=False)
    op.create_table(
        "customer_key",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("key", "customer_id", name=op.f("pk_customer_key")),
    )
    op.create_index("ix_customer_key_customer_id", "customer_key", ["customer_id"], unique=False)
    op.create_table(
        "customer_lookup",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_lookup")),
    )
    op.create_index("ix_customer_lookup_device_id_at", "customer_lookup", ["device_id", "at"], unique=False)
    op.create_table(
        "customer_store",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", "store_id", name=op.f("pk_customer_store")),
    )
    op.create_index(
        "ix_customer_store_until",
        "customer_store",
        ["until"],
        unique=False,
        postgresql_where=sa.text("until IS NOT NULL"),
    )
    op.create_table(
        "device_seen",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("incarnation", sa.Uuid(), nullable=False),
        sa.Column("program", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("schema", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.Column("clock_skew_us", sa.BigInteger(), nullable=True),
        sa.Column("positions", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_seen")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_table(
        "device_succession",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("incarnation", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "incarnation", name=op.f("pk_device_succession")),
    )
    op.create_table(
        "epoch_log",
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("timeline", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("system_identifier", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("tide", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.LargeBinary(), server_default=sa.text("uuid_send(gen_random_uuid())"), nullable=False),
        sa.Column("overtaken_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("epoch", name=op.f("pk_epoch_log")),
    )
    op.create_table(
        "missing_reference",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("referrer", sa.Text(), nullable=False),
        sa.Column("referrer_column", sa.Text(), nullable=False),
        sa.Column("referrer_id", sa.Uuid(), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.Column("reviewed_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("target", "target_id", name=op.f("pk_missing_reference")),
    )
    op.create_table(
        "quarantined_mutation",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("incarnation", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("arguments", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("message", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'applied', 'discarded')", name=op.f("ck_quarantined_mutation_state")),
        sa.PrimaryKeyConstraint("device_id", "id", name=op.f("pk_quarantined_mutation")),
    )
    op.create_index(
        "ix_quarantined_mutation_waiting",
        "quarantined_mutation",
        ["device_id", "place"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "reconciliation",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column("example", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_reconciliation")),
    )
    op.create_table(
        "recovered_aggregate",
        sa.Column("entity", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offered_version", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "id", name=op.f("pk_recovered_aggregate")),
    )
    op.create_table(
        "recovery_window",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("incarnation", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_number", sa.BigInteger(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "incarnation", "epoch", name=op.f("pk_recovery_window")),
    )
    op.create_table(
        "reference_watch",
        sa.Column("scope_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope_id", name=op.f("pk_reference_watch")),
    )
    op.create_table(
        "removed_row",
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_by", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_removed_row")),
    )
    op.create_index("ix_removed_row_noted_at", "removed_row", ["noted_at"], unique=False)
    op.create_table(
        "sale_check",
        sa.Column("sale_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("clock_ahead_us", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_skewed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("engine_difference", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("stale_lines", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("stale_difference", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("detail", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'same', 'diverged', 'other_engine', 'unchecked')", name=op.f("ck_sale_check_state")
        ),
        sa.PrimaryKeyConstraint("sale_id", name=op.f("pk_sale_check")),
    )
    op.create_index(
        "ix_sale_check_odd",
        "sale_check",
        ["state", "engine_difference"],
        unique=False,
        postgresql_where=sa.text("state IN ('diverged', 'unchecked')"),
    )
    op.create_index(
        "ix_sale_check_stale",
        "sale_check",
        ["stale_difference"],
        unique=False,
        postgresql_where=sa.text("stale_lines > 0"),
    )
    op.create_index(
        "ix_sale_check_waiting",
        "sale_check",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "server_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server_run")),
    )
    op.create_table(
        "stock_count",
        sa.Column("movement_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("base_position", sa.BigInteger(), nullable=False),
        sa.Column("difference", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("effect", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("movement_id", name=op.f("pk_stock_count")),
    )
    op.create_index(
        "ix_stock_count_store_id_variant_id_position",
        "stock_count",
        ["store_id", "variant_id", "position"],
        unique=False,
    )
    op.create_table(
        "stock_round",
        sa.Column("id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=True),
        sa.Column("variant_id", sa.Uuid(), nullable=True),
        sa.Column("round", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("checked", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("repaired", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_stock_round_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_round")),
    )
    op.create_table(
        "store_lease",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("web_share", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_store_lease")),
    )
    op.create_table(
        "sync_bucket",
        sa.Column("scope_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entity", sa.Text(collation="C"), nullable=False),
        sa.Column("bucket", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("high", sa.BigInteger(), nullable=False),
        sa.Column("low", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope_id", "entity", "bucket", name=op.f("pk_sync_bucket")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "version_before",
        sa.Column("entity", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "id", "epoch", name=op.f("pk_version_before")),
    )
    op.add_column(
        "device_key", sa.Column("receipt_series", sa.BigInteger(), server_default=sa.text("1"), nullable=False)
    )
    op.create_index("ix_device_mutation_device_id_id", "device_mutation", ["device_id", "id"], unique=False)
    op.add_column(
        "device_progress",
        sa.Column("acknowledged_number", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "device_progress", sa.Column("pruned_number", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "device_progress", sa.Column("pruned_received_at", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("enrol_code", sa.Column("purpose", sa.Text(), server_default=sa.text("'join'"), nullable=False))
    op.add_column("field_edit", sa.Column("origin", sa.Uuid(), nullable=True))
    op.add_column(
        "order_request", sa.Column("refusal", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True)
    )
    op.create_index(
        "ix_order_request_refused",
        "order_request",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("refusal IS NOT NULL"),
    )
    op.add_column("reservation", sa.Column("lease", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("server_state", sa.Column("timeline", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column(
        "server_state", sa.Column("system_identifier", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.add_column("stock_balance", sa.Column("rights_lease", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("stock_balance", sa.Column("rights_granted", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("stock_balance", sa.Column("rights_left", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column(
        "stock_movement", sa.Column("counted", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
    )
    op.add_column(
        "stock_movement",
        sa.Column("counted_at_position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
    )
    op.add_column(
        "sync_scope", sa.Column("pruned_position", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "sync_scope", sa.Column("pruned_mark", sa.LargeBinary(), server_default=sa.text("''::bytea"), nullable=False)
    )
    op.add_column("sync_scope", sa.Column("stamped_at", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column(
        "sync_stamp",
        sa.Column(
            "stamped_at",
            sa.BigInteger(),
            server_default=sa.text("(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"),
            nullable=False,
        ),
    )
    steps_0002.upgrade(op.get_bind())


def downgrade() -> None:
    """Take it away again."""
    steps_0002.downgrade(op.get_bind())
    op.drop_column("sync_stamp", "stamped_at")
    op.drop_column("sync_scope", "stamped_at")
    op.drop_column("sync_scope", "pruned_mark")
    op.drop_column("sync_scope", "pruned_position")
    op.drop_column("stock_movement", "counted_at_position")
    op.drop_column("stock_movement", "counted")
    op.drop_column("stock_balance", "rights_left")
    op.drop_column("stock_balance", "rights_granted")
    op.drop_column("stock_balance", "rights_lease")
    op.drop_column("server_state", "system_identifier")
    op.drop_column("server_state", "timeline")
    op.drop_column("reservation", "lease")
    op.drop_index(
        "ix_order_request_refused", table_name="order_request", postgresql_where=sa.text("refusal IS NOT NULL")
    )
    op.drop_column("order_request", "refusal")
    op.drop_column("field_edit", "origin")
    op.drop_column("enrol_code", "purpose")
    op.drop_column("device_progress", "pruned_received_at")
    op.drop_column("device_progress", "pruned_number")
    op.drop_column("device_progress", "acknowledged_number")
    op.drop_index("ix_device_mutation_device_id_id", table_name="device_mutation")
    op.drop_column("device_key", "receipt_series")
    op.drop_table("version_before")
    op.drop_table("sync_bucket")
    op.drop_table("store_lease")
    op.drop_table("stock_round")
    op.drop_index("ix_stock_count_store_id_variant_id_position", table_name="stock_count")
    op.drop_table("stock_count")
    op.drop_table("server_run")
    op.drop_index("ix_sale_check_waiting", table_name="sale_check", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index("ix_sale_check_stale", table_name="sale_check", postgresql_where=sa.text("stale_lines > 0"))
    op.drop_index(
        "ix_sale_check_odd", table_name="sale_check", postgresql_where=sa.text("state IN ('diverged', 'unchecked')")
    )
    op.drop_table("sale_check")
    op.drop_index("ix_removed_row_noted_at", table_name="removed_row")
    op.drop_table("removed_row")
    op.drop_table("reference_watch")
    op.drop_table("recovery_window")
    op.drop_table("recovered_aggregate")
    op.drop_table("reconciliation")
    op.drop_index(
        "ix_quarantined_mutation_waiting",
        table_name="quarantined_mutation",
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_table("quarantined_mutation")
    op.drop_table("missing_reference")
    op.drop_table("epoch_log")
    op.drop_table("device_succession")
    op.drop_table("device_seen")
    op.drop_index("ix_customer_store_until", table_name="customer_store", postgresql_where=sa.text("until IS NOT NULL"))
    op.drop_table("customer_store")
    op.drop_index("ix_customer_lookup_device_id_at", table_name="customer_lookup")
    op.drop_table("customer_lookup")
    op.drop_index("ix_customer_key_customer_id", table_name="customer_key")
    op.drop_table("customer_key")
    op.drop_index("ix_customer_alias_survivor_id", table_name="customer_alias")
    op.drop_index("ix_customer_alias_alias_id", table_name="customer_alias")
    op.drop_table("customer_alias")
    op.drop_table("carried_out")
    op.drop_index("ix_broken_promise_store_id_variant_id", table_name="broken_promise")
    op.drop_table("broken_promise")
