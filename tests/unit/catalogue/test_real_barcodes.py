"""Barcodes of real groceries, wrong check digits and odd lengths included: each is looked up as it was scanned first."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
import zstandard

from shared.catalogue.gtin import is_gtin
from shared.catalogue.scan import ScanKind, read_scan

pytestmark = pytest.mark.realdata


def real_codes(data: Path, every: int) -> Iterator[str]:
    with (data / "barcodes" / "off_2019_barcodes.csv.zst").open("rb") as packed:
        text = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(packed), encoding="utf-8", newline="")
        yield from (row["barcode"] for row in islice(csv.DictReader(text), 0, None, every))


def test_given_real_barcodes_when_scanned_then_each_is_looked_up_as_scanned_first(shared_data: Path) -> None:
    kinds: Counter[ScanKind] = Counter()
    for code in real_codes(shared_data, every=20):
        scan = read_scan(code + "\r")
        assert scan.codes[0] == code
        assert (scan.kind is ScanKind.GTIN) <= is_gtin(code)
        kinds[scan.kind] += 1
    assert kinds[ScanKind.GTIN] > 35_000
    assert kinds[ScanKind.PLAIN] > 0, "real data has wrong check digits and odd lengths"
    assert ScanKind.UNKNOWN not in kinds
