"""Who this device is, the store it stands in, its taxes and its people."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from shared.money import Currency, currency
from shared.schema.catalogue import TaxCategory, TaxRate
from shared.schema.stores import AppUser, Device, Setting, Store
from shared.tax import EffectiveRate, TaxComputation, TaxRounding, TaxRule


@dataclass(frozen=True, slots=True)
class OwnIdentity:
    """This device as it was enrolled. ``consistent_at`` is UTC microseconds, None before the first contact."""

    device_id: uuid.UUID
    store_id: uuid.UUID
    kind: str
    number: int
    name: str
    receipt_series: int
    projected_number: int
    consistent_at: int | None


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """The store this device stands in. ``cash_step`` in minor units; ``time_zone`` IANA; ``country`` ISO 3166-1."""

    id: uuid.UUID
    code: str
    name: str
    currency: Currency
    time_zone: str
    country: str
    address: str
    tax_number: str
    price_list_id: uuid.UUID | None
    tax_rounding: TaxRounding
    cash_step: int
    receipt_header: str
    receipt_footer: str


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who may log in here. ``pin_hash`` is argon2id."""

    id: uuid.UUID
    store_id: uuid.UUID | None
    username: str
    display_name: str
    role: str
    pin_hash: str
    is_active: bool


# Read before every step, so it is plain SQL on the driver; ``cursor`` tells whether the catalogue moved on.
_STANDING = """SELECT device_id, store_id, kind, number, name, receipt_series, projected_number, consistent_at,
    coalesce((SELECT position FROM cursor WHERE scope = 'catalogue'), 0) FROM identity"""


@dataclass(frozen=True, slots=True)
class Standing:
    """This device, and how far its catalogue is; equal while nothing came down that a till keeps in memory."""

    identity: OwnIdentity
    catalogue_position: int


def standing(connection: Connection) -> Standing | None:
    """Who this device is and what it is as of; None before it was enrolled."""
    row = connection.exec_driver_sql(_STANDING).first()
    if row is None:
        return None
    device_id, store_id, *rest, position = row
    return Standing(OwnIdentity(uuid.UUID(bytes=device_id), uuid.UUID(bytes=store_id), *rest), position)


def store_facts(connection: Connection, store_id: uuid.UUID) -> StoreFacts | None:
    """A store; None while it has not come down yet."""
    row = connection.execute(select(*Store.__table__.columns).where(Store.id == store_id)).first()
    if row is None:
        return None
    return StoreFacts(
        id=row.id,
        code=row.code,
        name=row.name,
        currency=currency(row.currency),
        time_zone=row.time_zone,
        country=row.country,
        address=row.address,
        tax_number=row.tax_number,
        price_list_id=row.price_list_id,
        tax_rounding=TaxRounding(row.tax_rounding),
        cash_step=row.cash_step,
        receipt_header=row.receipt_header,
        receipt_footer=row.receipt_footer,
    )


def tax_rates(connection: Connection, country: str) -> dict[uuid.UUID, tuple[EffectiveRate, ...]]:
    """Every tax row of a country, by tax category."""
    rows = connection.execute(select(*TaxRate.__table__.columns).where(TaxRate.country == country))
    found: dict[uuid.UUID, list[EffectiveRate]] = {}
    for row in rows:
        rule = TaxRule(
            code=row.code,
            name=row.name,
            computation=TaxComputation(row.computation),
            rate_ppm=row.rate_ppm,
            fixed_micro=row.fixed_micro,
            price_include=row.price_include,
            include_base_amount=row.include_base_amount,
            base_affected=row.base_affected,
            sequence=row.sequence,
            reverse_charge=row.reverse_charge,
        )
        found.setdefault(row.tax_category_id, []).append(EffectiveRate(rule, row.valid_from, row.valid_to))
    return {category: tuple(rates) for category, rates in found.items()}


def tax_category_names(connection: Connection) -> dict[uuid.UUID, str]:
    """The name of each tax category."""
    return {row.id: row.name for row in connection.execute(select(TaxCategory.id, TaxCategory.name))}


def person_by_username(connection: Connection, username: str, store_id: uuid.UUID) -> Person | None:
    """The active person with this username, whatever its case, who may work in this store."""
    rows = connection.execute(
        select(*AppUser.__table__.columns).where(func.lower(AppUser.username) == username.lower(), AppUser.is_active)
    )
    for row in rows:
        if row.store_id in (None, store_id):
            return Person(
                row.id, row.store_id, row.username, row.display_name, row.role, row.pin_hash, is_active=row.is_active
            )
    return None


def people_names(connection: Connection) -> dict[uuid.UUID, str]:
    """What each person is called on screen and paper, former ones included."""
    return {row.id: row.display_name for row in connection.execute(select(AppUser.id, AppUser.display_name))}


def usernames(connection: Connection, store_id: uuid.UUID) -> list[tuple[str, str]]:
    """(username, display name) of everybody who may log in in this store, by name."""
    rows = connection.execute(
        select(AppUser.username, AppUser.display_name, AppUser.store_id)
        .where(AppUser.is_active)
        .order_by(AppUser.display_name)
    )
    return [(row.username, row.display_name) for row in rows if row.store_id in (None, store_id)]


def device_name(connection: Connection, device_id: uuid.UUID) -> str:
    """What a device is called; empty if it has not come down yet."""
    return connection.execute(select(Device.name).where(Device.id == device_id)).scalar_one_or_none() or ""


def setting_values(connection: Connection, key: str, store_id: uuid.UUID) -> tuple[object, object]:
    """A setting as this store and as the chain has it; None where it is not set."""
    rows = connection.execute(select(Setting.store_id, Setting.value).where(Setting.key == key)).all()
    of_store = next((row.value for row in rows if row.store_id == store_id), None)
    return of_store, next((row.value for row in rows if row.store_id is None), None)


def setting_value(connection: Connection, key: str, store_id: uuid.UUID) -> object:
    """A setting of this store, else of the chain; None when neither is set."""
    rows = connection.execute(select(Setting.store_id, Setting.value).where(Setting.key == key)).all()
    of_store = [row.value for row in rows if row.store_id == store_id]
    of_chain = [row.value for row in rows if row.store_id is None]
    return next(iter([*of_store, *of_chain]), None)


def waiting_mutations(connection: Connection) -> int:
    """How many mutations wait to be sent."""
    count: int = connection.exec_driver_sql("SELECT count(*) FROM outbox WHERE state = 'waiting'").scalar_one()
    return count
