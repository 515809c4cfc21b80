"""The catalogue over HTTP: what is for sale, what is there, and the import of a file."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, UploadFile
from pydantic import BaseModel, Field

from shared.money import UnitPrice, currency
from shared.quantity import THOUSAND, Quantity
from sync_server.auth.guard_service import CurrentChannel, CurrentImporter
from sync_server.catalogue import import_service, service
from sync_server.db.sessions import RequestDatabase
from sync_server.errors import ErrorBody, NotFound
from sync_server.inventory import service as inventory

router = APIRouter(prefix="/catalogue", tags=["catalogue"], responses={401: {"model": ErrorBody}})

PAGE_MAX_PRODUCTS = 500
SKUS_MAX_PER_CALL = 200
ANSWER_MAX_PROBLEMS = 1_000


class ProductAnswer(BaseModel):
    """Something for sale."""

    sku: str
    name: str
    brand: str
    category: str
    kind: str = Field(description="goods or service")
    unit: str = Field(description="What a quantity counts: piece, kg, l, m, m2, h.")
    price: str | None = Field(description="Per unit, tax included; null where it has no price today.")
    currency: str
    barcodes: list[str]


class ProductsAnswer(BaseModel):
    """A page of products in the order of their SKUs."""

    products: list[ProductAnswer]
    next: str | None = Field(description="Send it as `after` for the next page; null on the last one.")


class AvailabilityAnswer(BaseModel):
    """What a store has of a product. `available` is what may be ordered now."""

    store: str
    sku: str
    available: str
    on_hand: str
    reserved: str
    is_heard: bool = Field(description="False while nothing is heard of the store: it promises only from its rights.")


class AvailabilitiesAnswer(BaseModel):
    """What there is, by store and SKU."""

    availability: list[AvailabilityAnswer]


class ProblemAnswer(BaseModel):
    """Why a row, or a cell of it, was not taken as it stands."""

    row: int = Field(description="As a spreadsheet counts; the headings are row 1.")
    column: str
    code: str
    message: str
    refused: bool = Field(description="Whether the whole row was refused; otherwise it was taken.")


class ImportAnswer(BaseModel):
    """What an import did, or would do."""

    change_set: uuid.UUID
    dry_run: bool
    rows: int
    new: int
    changed: int
    unchanged: int
    refused: int
    changed_fields: dict[str, int] = Field(description="Column → how many known products it changed in.")
    price_conflicts: int = Field(description="Prices that wait for a decision in the inbox.")
    ignored_headings: list[str]
    problems: list[ProblemAnswer] = Field(description="The first thousand, in the order of the file.")
    problem_count: int


@router.get("/products", responses={404: {"model": ErrorBody}})
def products(
    database: RequestDatabase,
    channel: CurrentChannel,
    *,
    query: Annotated[str, Query(max_length=200, description="Words of the name, SKU or brand, or a barcode.")] = "",
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX_PRODUCTS)] = 100,
    after: Annotated[str, Query(max_length=200)] = "",
    store: Annotated[str, Query(max_length=200, description="Whose prices; the first store's by default.")] = "",
) -> ProductsAnswer:
    """What is for sale today, in the order of the SKUs."""
    del channel
    with database.reading() as connection:
        seller = service.store_by_code(connection, store) if store else _first_store(service.stores(connection))
        page = service.list_offers(connection, seller, query=query, after=after, limit=limit, at=database.clock.now())
    money = currency(seller.currency)
    found = []
    for offer in page:
        price = offer.price_for(Quantity(THOUSAND))
        found.append(
            ProductAnswer(
                sku=offer.item.sku,
                name=offer.item.name,
                brand=offer.item.brand,
                category=offer.item.category,
                kind=offer.item.kind,
                unit=offer.item.unit,
                price=None if price is None else str(UnitPrice(price.micro, money)),
                currency=seller.currency,
                barcodes=list(offer.barcodes),
            )
        )
    return ProductsAnswer(products=found, next=found[-1].sku if len(found) == limit else None)


def _first_store(stores: list[service.SellingStore]) -> service.SellingStore:
    if not stores:
        raise NotFound("store_unknown", "There is no store yet. Set up the shop first.")
    return stores[0]


@router.get("/availability", responses={404: {"model": ErrorBody}})
def availability(
    database: RequestDatabase,
    channel: CurrentChannel,
    sku: Annotated[list[str], Query(min_length=1, max_length=SKUS_MAX_PER_CALL)],
    store: Annotated[str, Query(max_length=200, description="A store's code; every store by default.")] = "",
) -> AvailabilitiesAnswer:
    """What may be ordered now; lapsed promises count as free."""
    del channel
    with database.reading() as connection:
        every = service.stores(connection)
        stores = [service.store_by_code(connection, store)] if store else every
        offers = service.offers(connection, _first_store(stores), sku, at=database.clock.now())
        unknown = sorted(set(sku) - offers.keys())
        if unknown:
            raise NotFound("sku_unknown", f"There is no product with the SKU “{unknown[0]}”.", skus=unknown)
        variants = [offer.item.variant_id for offer in offers.values()]
        stock = inventory.stock_of(connection, variants, now=database.clock.now())
    answers = []
    for place in stores:
        for wanted in dict.fromkeys(sku):
            found = stock.get((place.id, offers[wanted].item.variant_id), inventory.StoreStock())
            answers.append(
                AvailabilityAnswer(
                    store=place.code,
                    sku=wanted,
                    available=str(Quantity(found.available)),
                    on_hand=str(Quantity(found.level.on_hand)),
                    reserved=str(Quantity(found.level.reserved)),
                    is_heard=found.rights_left is None,
                )
            )
    return AvailabilitiesAnswer(availability=answers)


@router.post(
    "/import",
    responses={
        400: {"model": ErrorBody, "description": "import_malformed, import_too_large"},
        403: {"model": ErrorBody, "description": "office_only"},
    },
)
def import_file(
    file: UploadFile,
    database: RequestDatabase,
    importer: CurrentImporter,
    *,
    by: Annotated[str, Query(max_length=200, description="Who imports, in words; the caller's name by default.")] = "",
    dry_run: Annotated[bool, Query(description="Read and compare everything, write nothing.")] = False,
) -> ImportAnswer:
    """Import a CSV or XLSX file: bad rows are refused with their reasons, good ones are taken.

    A channel sends its API key, an office its device's token.
    """
    name = Path(file.filename or "import").name[:100]
    with tempfile.TemporaryDirectory(prefix="counterfoil-import-") as folder:
        path = Path(folder) / "upload"
        with path.open("wb") as kept:
            shutil.copyfileobj(file.file, kept)
        outcome = import_service.import_catalogue(
            database, path, source=name, made_by=by or importer, is_dry_run=dry_run
        )
    return ImportAnswer(
        change_set=outcome.change_set_id,
        dry_run=outcome.is_dry_run,
        rows=outcome.rows,
        new=outcome.new,
        changed=outcome.changed,
        unchanged=outcome.unchanged,
        refused=outcome.refused,
        changed_fields=outcome.changed_fields,
        price_conflicts=outcome.price_conflicts,
        ignored_headings=list(outcome.ignored_headings),
        problems=[
            ProblemAnswer(row=p.row, column=p.column, code=p.code, message=p.sentence, refused=p.is_refusal)
            for p in outcome.problems[:ANSWER_MAX_PROBLEMS]
        ],
        problem_count=outcome.problem_count,
    )
