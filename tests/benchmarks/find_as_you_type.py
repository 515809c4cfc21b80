"""Find as you type: each keystroke's answer with prices, one-character queries included; typing errors; building.

Names are those of real groceries where the given data is present (818,776 of them, many languages), made up otherwise.
"""

from __future__ import annotations

import csv
import io
import os
import random
import string
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import zstandard
from sqlalchemy import Connection

from desktop.replica.search import find, rebuild
from shared.clock import SystemClock, local_date
from shared.schema.search.folding import fold
from tests.benchmarks.big_shop import big_shop
from tests.benchmarks.figure import Figure, at_least, at_most, median, milliseconds_of_each, percentile, seconds_of

REACH_MS = 8.0
RECALL_PERCENT = 90.0
SHOWN = 12
_REPOSITORY = Path(__file__).resolve().parents[2]
_NAMES = "barcodes/off_2019_barcodes.csv.zst"
_TYPED_MAX = 14


def measure(*, is_quick: bool) -> list[Figure]:
    """At 1,000 and 100,000 products (quick: 1,000 and 5,000)."""
    figures: list[Figure] = []
    for products in (1_000, 5_000 if is_quick else 100_000):
        figures += _measure_at(products, 100 if is_quick else 400)
    return figures


def _measure_at(products: int, samples: int) -> list[Figure]:
    dice = random.Random(7)
    with big_shop(products) as (replica, shop, codes):
        with replica.write(is_background=True) as unit:
            source = _rename(unit.connection, products)
            built = seconds_of(lambda: rebuild(unit.connection))
        today = local_date(SystemClock().now(), "Europe/London")
        with replica.read() as connection:
            names = list(connection.exec_driver_sql("SELECT name FROM product ORDER BY random() LIMIT 2000").scalars())

            def ask(text: str) -> Callable[[], object]:
                return lambda: find(connection, text, SHOWN, shop.price_list_id, today)

            queries = _queries(names[:samples], codes, dice)
            for text in queries["one character"][:20]:
                ask(text)()
            figures = []
            for kind, texts in queries.items():
                times = milliseconds_of_each(ask(text) for text in texts)
                where = f"find, {kind}, {products:,} products"
                figures.append(Figure(f"{where}, p50", median(times), "ms", note=f"{len(texts)} queries"))
                figures.append(at_most(f"{where}, p95", percentile(times, 0.95), "ms", REACH_MS, source))
            found, asked, times = _typing_errors(connection, names, samples, dice)
        figures.append(
            at_least(
                f"single typing errors found, {products:,} products",
                100 * found / asked,
                "%",
                RECALL_PERCENT,
                f"{found} of {asked} that are found without the error, p95 {percentile(times, 0.95):.1f} ms",
            )
        )
        figures.append(Figure(f"index built anew, {products:,} products", built, "s", note=source))
    return figures


def _rename(connection: Connection, products: int) -> str:
    """Give the made-up products real names, where there are any; says where names are from."""
    folder = Path(os.environ.get("COUNTERFOIL_DATA", _REPOSITORY.parent / "shared" / "data"))
    path = folder / _NAMES
    if not path.is_file():
        return "made-up names"
    with path.open("rb") as file:
        text = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8")
        every = [row[1] for row in csv.reader(text)][1:]
    names = random.Random(1).sample(every, products)
    ids = connection.exec_driver_sql("SELECT id FROM product WHERE id IN (SELECT product_id FROM variant)").scalars()
    pairs: Iterable[tuple[str, bytes]] = zip(names, ids, strict=False)
    connection.exec_driver_sql("UPDATE product SET name = ? WHERE id = ?", list(pairs))
    return "names of real groceries"


def _queries(names: list[str], codes: list[str], dice: random.Random) -> dict[str, list[str]]:
    letters = [*string.ascii_lowercase, *string.digits] * 3
    dice.shuffle(letters)
    typed = [name[:length] for name in names[: len(names) // 4] for length in range(1, min(len(name), _TYPED_MAX) + 1)]
    reordered = [" ".join(reversed(fold(name).split()[:3])) for name in names]
    return {
        "one character": letters,
        "two characters": [a + b for a in "bcdflmnprst" for b in "aeiourl"],
        "every keystroke": typed,
        "words in another order": [text for text in reordered if text],
        "barcode": dice.sample(codes, min(200, len(codes))),
    }


def _typing_errors(
    connection: Connection, names: list[str], samples: int, dice: random.Random
) -> tuple[int, int, list[float]]:
    """(found with the error, found without it, milliseconds): the first four words of a name, one letter wrong."""
    found = asked = 0
    times: list[float] = []
    for name in names:
        words = fold(name).split()[:4]
        places = [place for place, word in enumerate(words) if len(word) >= 4 and word.isalpha()]
        if not places or asked >= samples:
            continue
        place = dice.choice(places)
        wrong = _mistyped(words[place], dice)
        if wrong == words[place] or not _is_found(connection, " ".join(words), name):
            continue
        asked += 1
        text = " ".join([*words[:place], wrong, *words[place + 1 :]])
        began = time.perf_counter()
        found += _is_found(connection, text, name)
        times.append((time.perf_counter() - began) * 1000)
    return found, asked, times


def _is_found(connection: Connection, text: str, name: str) -> bool:
    return any(fold(each.name) == fold(name) for each in find(connection, text, 20))


def _mistyped(word: str, dice: random.Random) -> str:
    """One letter left out, added, changed, or two swapped."""
    at, letter = dice.randrange(len(word)), dice.choice(string.ascii_lowercase)
    match dice.randrange(4):
        case 0:
            return word[:at] + word[at + 1 :]
        case 1:
            return word[:at] + letter + word[at:]
        case 2:
            return word[:at] + letter + word[at + 1 :]
        case _:
            return word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :]
