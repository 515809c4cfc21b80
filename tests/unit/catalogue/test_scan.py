"""Whatever the scanner sends, the till gets codes to look up in a sensible order, at once, and never an exception."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.catalogue.embedded import DEFAULT_RULES, embed
from shared.catalogue.gs1 import FNC1, Price
from shared.catalogue.scan import ScanKind, read_scan
from shared.limits import CODE_MAX_CHARACTERS
from shared.quantity import Quantity, Unit

GTIN = "09520123456788"


@pytest.mark.parametrize(
    ("text", "kind", "codes"),
    [
        ("CND-CEDAR", ScanKind.PLAIN, ("CND-CEDAR",)),
        ("4711", ScanKind.PLAIN, ("4711",)),
        ("5901234123457\r\n", ScanKind.GTIN, ("5901234123457", "05901234123457")),
        ("]E05901234123457", ScanKind.GTIN, ("5901234123457", "05901234123457")),
        ("036000291452", ScanKind.GTIN, ("036000291452", "0036000291452", "00036000291452")),
        ("0036000291452", ScanKind.GTIN, ("0036000291452", "036000291452", "00036000291452")),
        ("5901234123450", ScanKind.PLAIN, ("5901234123450", "05901234123450")),
        ("10012345678902", ScanKind.GTIN, ("10012345678902",)),
        ("]A0SKU 1", ScanKind.PLAIN, ("SKU 1",)),
        ("https://example.com/menu", ScanKind.PLAIN, ("https://example.com/menu",)),
    ],
)
def test_given_a_code_when_scanned_then_it_is_looked_up_as_scanned_and_in_its_other_forms(
    text: str, kind: ScanKind, codes: tuple[str, ...]
) -> None:
    scan = read_scan(text)
    assert (scan.kind, scan.codes) == (kind, codes)
    assert all(candidate.quantity is None and candidate.price is None for candidate in scan.candidates)


def test_given_a_upc_e_number_when_scanned_then_the_full_number_is_looked_up_too() -> None:
    assert "042100005264" in read_scan("04252614").codes
    assert read_scan("04252614").codes[0] == "04252614"
    assert "042100005264" not in read_scan("04252615").codes


def test_given_a_weighed_packet_when_scanned_then_the_weight_belongs_only_to_the_shops_own_item() -> None:
    code = embed(DEFAULT_RULES[1], "00042", 1_486)
    scan = read_scan(code)
    assert scan.kind is ScanKind.EMBEDDED
    weights = {candidate.code: candidate.quantity for candidate in scan.candidates}
    assert weights[code] is None
    assert weights["2100042000001"] == weights["42"] == Quantity(1_486, Unit.KILOGRAM)


def test_given_a_priced_packet_when_scanned_then_the_price_comes_with_it() -> None:
    scan = read_scan(embed(DEFAULT_RULES[2], "00042", 1_299))
    assert scan.candidates[-1].price == Price(12_990_000, None)
    assert scan.candidates[-1].quantity is None


@pytest.mark.parametrize(
    "text",
    [
        f"]C101{GTIN}3103000486\x1d10AB\x1d17271231",
        f"]d201{GTIN}310300048610AB{FNC1}17271231",
        f"01{GTIN}310300048610AB{FNC1}17271231",
        f"{FNC1}01{GTIN}310300048610AB{FNC1}17271231\r",
        f"^01{GTIN}310300048610AB^17271231",
        f"(01){GTIN}(3103)000486(10)AB(17)271231",
        f"]Q1https://shop.example/01/{GTIN}/10/AB?3103=000486&17=271231",
    ],
)
def test_given_a_gs1_label_in_any_writing_when_scanned_then_item_weight_lot_and_expiry_are_found(text: str) -> None:
    scan = read_scan(text)
    assert scan.kind is ScanKind.GS1
    assert scan.codes == ("9520123456788", GTIN)
    assert scan.candidates[0].quantity == Quantity(486, Unit.KILOGRAM)
    assert (scan.lot, scan.serial, scan.expiry(2026)) == ("AB", None, date(2027, 12, 31))


def test_given_a_long_number_without_symbology_when_scanned_then_it_is_tried_as_scanned_first() -> None:
    scan = read_scan("01" + GTIN)
    assert scan.kind is ScanKind.GS1
    assert scan.codes == ("01" + GTIN, "9520123456788", GTIN)
    wrong = read_scan("01" + GTIN[:-1] + "0")
    assert (wrong.kind, wrong.codes) == (ScanKind.PLAIN, ("01" + GTIN[:-1] + "0",))


def test_given_a_composite_symbol_when_scanned_then_number_and_addition_are_joined() -> None:
    scan = read_scan("]E05901234123457|]e010AB\x1d17271231")
    assert (scan.kind, scan.text, scan.lot) == (ScanKind.GTIN, "5901234123457", "AB")
    broken = read_scan("]E05901234123457|]e0")
    assert (broken.kind, broken.problem) == (ScanKind.UNKNOWN, "gs1_syntax")


@pytest.mark.parametrize("text", ["", " ", "\r\n", "\x1d", "]C1", "]E0", "x" * 5_000, "\ud800abc", "]"])
def test_given_rubbish_when_scanned_then_it_is_unknown_or_plain_and_nothing_breaks(text: str) -> None:
    scan = read_scan(text)
    assert scan.kind is (ScanKind.PLAIN if text == "]" else ScanKind.UNKNOWN)


def test_given_a_damaged_label_when_scanned_then_the_problem_has_a_name() -> None:
    scan = read_scan(f"]C101{GTIN[:-1]}0")
    assert (scan.kind, scan.problem) == (ScanKind.UNKNOWN, "gs1_check")
    assert (scan.lot, scan.serial, scan.expiry(2026)) == (None, None, None)


def test_given_a_label_with_an_impossible_price_when_scanned_then_it_is_unknown() -> None:
    assert read_scan(f"(01){GTIN}(3920)999999999999999").problem == "price_too_large"


def test_given_a_code_longer_than_any_stored_when_scanned_then_there_is_nothing_to_look_up() -> None:
    assert read_scan("A" * CODE_MAX_CHARACTERS).codes
    assert read_scan("A" * (CODE_MAX_CHARACTERS + 1)).codes == ()


@settings(max_examples=400)
@given(
    st.one_of(
        st.text(max_size=80),
        st.text("0123456789", min_size=6, max_size=20),
        st.builds(
            str.__add__,
            st.sampled_from(["]C1", "]d2", "]e0", "]Q3", "]E0", "]E4", "]Q1", "(01)", "^01", "01", "https://a/01/"]),
            st.text("0123456789()^\x1d|]e|AB/", max_size=60),
        ),
    )
)
def test_given_anything_at_all_when_scanned_then_it_never_raises_and_every_code_could_be_stored(text: str) -> None:
    scan = read_scan(text)
    assert (scan.kind is ScanKind.GS1) <= (scan.message is not None)
    assert len(set(scan.codes)) == len(scan.codes)
    for code in scan.codes:
        assert code.isprintable()
        assert 0 < len(code) <= CODE_MAX_CHARACTERS
