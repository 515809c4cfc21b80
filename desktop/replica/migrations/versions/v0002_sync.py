"""The second schema: what sync needs to lose nothing. Written by ``tests.helpers.revision`` from the models.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desktop.replica.migrations import steps_0002

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new, then move what is there."""
    op.create_table(
        "bucket",
        sa.Column(
            "scope_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("rows", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("high", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("low", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("scope_number", "entity", "number", name=op.f("pk_bucket")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "customer_alias",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("alias_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("survivor_id", sa.LargeBinary(length=16), nullable=False),
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
        "held_back",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "id", "version", name=op.f("pk_held_back")),
    )
    op.create_table(
        "resent_stock",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("store_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("variant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("number", "store_id", "variant_id", name=op.f("pk_resent_stock")),
    )
    op.create_index("ix_resent_stock_variant_id", "resent_stock", ["variant_id"], unique=False)
    op.create_table(
        "schema_fill",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("after", sa.LargeBinary(), nullable=False),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "entity", name=op.f("pk_schema_fill")),
    )
    op.add_column("identity", sa.Column("succession", sa.LargeBinary(), server_default=sa.text("x''"), nullable=False))
    op.add_column("identity", sa.Column("successor", sa.LargeBinary(), server_default=sa.text("x''"), nullable=False))
    op.add_column("identity", sa.Column("fingerprint", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column(
        "identity",
        sa.Column(
            "openings",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default=sa.text("0"),
            nullable=False,
        ),
    )
    op.add_column(
        "identity",
        sa.Column(
            "schema_filled",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default=sa.text("0"),
            nullable=False,
        ),
    )
    op.add_column("outbox", sa.Column("seen_to", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column(
        "stock_movement", sa.Column("counted", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
    )
    op.add_column(
        "stock_movement",
        sa.Column("counted_at_position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
    )
    steps_0002.upgrade(op.get_bind())


def downgrade() -> None:
    """Take it away again."""
    steps_0002.downgrade(op.get_bind())
    op.drop_column("stock_movement", "counted_at_position")
    op.drop_column("stock_movement", "counted")
    op.drop_column("outbox", "seen_to")
    op.drop_column("identity", "schema_filled")
    op.drop_column("identity", "openings")
    op.drop_column("identity", "fingerprint")
    op.drop_column("identity", "successor")
    op.drop_column("identity", "succession")
    op.drop_table("schema_fill")
    op.drop_index("ix_resent_stock_variant_id", table_name="resent_stock")
    op.drop_table("resent_stock")
    op.drop_table("held_back")
    op.drop_index("ix_customer_alias_survivor_id", table_name="customer_alias", if_exists=True)
    op.drop_index("ix_customer_alias_alias_id", table_name="customer_alias", if_exists=True)
    op.drop_table("customer_alias")
    op.drop_table("bucket")
