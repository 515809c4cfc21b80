"""The given GS1 vectors, run against the catalogue: each row passed, or not applicable with a reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, unquote_plus

from shared.catalogue.gs1 import check_combination, parse_bracketed, parse_caret
from shared.catalogue.gs1_checks import CHECKS, is_base64_url, is_numeric, is_text_39, is_text_82
from shared.catalogue.gs1_link import looks_like_link, parse_link
from shared.catalogue.scan import Scan, ScanKind, read_scan
from shared.errors import UserError

FOLDER = "gs1"

CHECK_OF_LINTER: dict[str, Callable[[str], bool]] = {
    "cset39": is_text_39,
    "cset64": is_base64_url,
    "cset82": is_text_82,
    "csetnumeric": is_numeric,
    **{
        linter: CHECKS[check]
        for linter, check in {
            "csum": "check_digit",
            "csumalpha": "check_pair",
            "hasnondigit": "has_non_digit",
            "hh": "hour",
            "hhmi": "hour_minute",
            "hyphen": "hyphen",
            "iban": "iban",
            "importeridx": "importer_index",
            "iso3166": "country_number",
            "iso3166999": "country_number_or_999",
            "iso3166alpha2": "country_letters",
            "iso4217": "currency_number",
            "iso5218": "sex",
            "latitude": "latitude",
            "longitude": "longitude",
            "mediatype": "media_type",
            "mi": "minute",
            "nonzero": "not_zero",
            "nozeroprefix": "no_leading_zero",
            "pcenc": "percent_encoded",
            "pieceoftotal": "piece_of_total",
            "posinseqslash": "position_in_sequence",
            "ss": "second",
            "winding": "winding",
            "yesno": "yes_no",
            "yymmd0": "day_or_month_yymmdd",
            "yymmdd": "day_yymmdd",
            "yyyymmd0": "day_or_month_yyyymmdd",
            "yyyymmdd": "day_yyyymmdd",
            "zero": "zero",
        }.items()
    },
}

LOST = "the row names a variable of the C test whose value was not extracted"

SUITES_NOT_APPLICABLE = {
    "linter _stubs": "a placeholder of the C test that checks nothing",
    "linter couponcode": "North American coupon codes: the till takes no such coupons",
    "linter couponposoffer": "North American coupon codes: the till takes no such coupons",
    "linter gcppos1": "company prefixes can only be checked against the GS1 registry, which needs the network",
    "linter gcppos2": "company prefixes can only be checked against the GS1 registry, which needs the network",
    "linter packagetype": "a code list of freight packages, which a till never sells by",
    "engine ai.test_existsInAIdata": LOST,
    "engine dl.test_URIescape": "the till reads Digital Links and never makes them",
    "engine dl.test_testGenerateDLuri": "the till reads Digital Links and never makes them",
    "engine scandata.test_testGenerateScanData": "the till reads what a scanner sends and never plays the scanner",
}

_STRICT_TWIN = "asks for zero-suppressed GTINs to be refused; the till fills them up, as its twin row asks"
_ALPHA = "alphabetic names in a Digital Link were withdrawn from the standard in 2022; its twin row refuses them"
_UNKNOWN = "asks for unknown identifiers to be let through; where their field ends cannot be known, so they are refused"
_PLAIN_LINK = (
    "a web address that is no Digital Link is an ordinary code to the till, so that it can be looked up as scanned"
)

ROWS_NOT_APPLICABLE: dict[tuple[str, str], str] = {
    ("engine ai.test_parseAIdata", '[true, "inbuf", "expbuf"]'): LOST,
    ("engine ai.test_processAIdata", '[true, "buf"]'): LOST,
    ("engine ai.test_validateAIs", '[true, "validateAIrepeats", "(89)ABC(89)ABC(89)ABC"]'): _UNKNOWN,
    ("engine dl.test_parseDLuri", '[true, "https://a/gtin/12312312312333", "^0112312312312333"]'): _ALPHA,
    (
        "engine dl.test_parseDLuri",
        '[true, "https://a/gtin/12312312312333/ser/ABC123", "^011231231231233321ABC123"]',
    ): _ALPHA,
    ("engine dl.test_parseDLuri", '[true, "https://a/sscc/006141411234567890", "^00006141411234567890"]'): _ALPHA,
    ("engine dl.test_parseDLuri", '[false, "https://a/01/2112345678900", ""]'): _STRICT_TWIN,
    ("engine dl.test_parseDLuri", '[false, "https://a/01/416000336108", ""]'): _STRICT_TWIN,
    ("engine dl.test_parseDLuri", '[false, "https://a/01/02345673", ""]'): _STRICT_TWIN,
    ("engine dl.test_parseDLuri", '[false, "https://a/8004/9520614141234567?01=2112345678900", ""]'): _STRICT_TWIN,
    ("engine dl.test_parseDLuri", '[false, "https://a/8004/9520614141234567?01=02345673", ""]'): _STRICT_TWIN,
    (
        "engine dl.test_parseDLuri",
        '[true, "https://example.com/01/09520123456788?99=XYZ&89=ABC123", "^010952012345678899XYZ^89ABC123"]',
    ): _UNKNOWN,
    ("engine scandata.test_testProcessScanData", '[false, "]Q1https://a/NOPRIMARYAI", "NONE", ""]'): _PLAIN_LINK,
}

_SYMBOL_NAMES = {
    "]Q1": "QR",
    "]Q3": "QR",
    "]d1": "DM",
    "]d2": "DM",
    "]J0": "DotCode",
    "]J1": "DotCode",
    "]e0": "DataBarExpanded",
    "]C1": "GS1_128_CCA",
    "]E0": "EAN13",
    "]E4": "EAN8",
}


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row of a vector file."""

    suite: str
    number: int
    given: str
    passed: bool
    reason: str

    @property
    def is_wrongly_failing(self) -> bool:
        return not self.passed and not self.reason

    @property
    def is_wrongly_listed(self) -> bool:
        return self.passed and bool(self.reason)


def gs1_results(data: Path) -> Iterator[RowResult]:
    """Every row of both files under ``data``, the given data folder."""
    linters = json.loads((data / FOLDER / "linter_vectors.json").read_text(encoding="utf-8"))
    for name, rows in linters.items():
        suite = f"linter {name}"
        check = CHECK_OF_LINTER.get(name)
        for number, row in enumerate(rows, start=1):
            passed = check is not None and check(row["input"]) is row["ok"]
            yield _result(suite, number, json.dumps(row["input"]), passed)
    engine = json.loads((data / FOLDER / "engine_vectors.json").read_text(encoding="utf-8"))
    for name, rows in engine.items():
        suite = f"engine {name}"
        runner = _RUNNERS.get(name)
        for number, row in enumerate(rows, start=1):
            yield _result(suite, number, json.dumps(row), runner is not None and runner(row))


def _result(suite: str, number: int, given: str, passed: bool) -> RowResult:
    reason = SUITES_NOT_APPLICABLE.get(suite) or ROWS_NOT_APPLICABLE.get((suite, given), "")
    return RowResult(suite, number, given, passed, reason)


def _parse_bracketed(row: list[object]) -> bool:
    must_succeed, text, expected = row
    return _answer(lambda: parse_bracketed(str(text)).element_string("^"), must_succeed, f"{expected}"[1:])


def _process(row: list[object]) -> bool:
    must_succeed, text = row
    return _answer(lambda: parse_caret(str(text)).element_string("^"), must_succeed, None)


def _validate(row: list[object]) -> bool:
    must_succeed, procedure, text = row

    def run() -> str:
        message = parse_bracketed(str(text))
        is_about_signatures = procedure == "validateDigSigRequiresSerialisedKey" and message.value("8030")
        if is_about_signatures or procedure in {"validateAImutex", "validateAIrequisites"}:
            check_combination(message)
        return ""

    return _answer(run, must_succeed, None)


def _parse_link(row: list[object]) -> bool:
    must_succeed, text, expected = row
    return _answer(lambda: parse_link(str(text)).element_string("^"), must_succeed, f"{expected}"[1:])


def _unescape(row: list[object]) -> bool:
    given, in_path, in_query = (str(column) for column in row)
    return unquote(given, "latin-1") == in_path and unquote_plus(given, "latin-1") == in_query


def _process_scan(row: list[object]) -> bool:
    must_succeed, text, symbol, expected = row
    scan = read_scan(str(text))
    if not must_succeed:
        is_number = scan.symbology in {"]E0", "]E4"} and scan.kind in {ScanKind.GTIN, ScanKind.EMBEDDED}
        is_plain = scan.symbology in {"]Q1", "]d1", "]J0"}
        return not (is_number or is_plain or scan.kind is ScanKind.GS1)
    return _SYMBOL_NAMES.get(scan.symbology) == symbol and _as_expected_text(scan) == expected


def _as_expected_text(scan: Scan) -> str:
    """The scan in the notation of the vectors: ^ for FNC1, a leading ^ of plain data escaped."""
    if scan.symbology in {"]E0", "]E4"}:
        return scan.text + (f"|^{scan.message.element_string('^')}" if scan.message else "")
    if scan.message is not None and not looks_like_link(scan.text):
        return "^" + scan.message.element_string("^")
    return "\\" + scan.text if scan.text.lstrip("\\").startswith("^") else scan.text


def _answer(run: Callable[[], str], must_succeed: object, expected: str | None) -> bool:
    try:
        got = run()
    except UserError:
        return not must_succeed
    return bool(must_succeed) and expected in (None, got)


_RUNNERS: dict[str, Callable[[list[object]], bool]] = {
    "ai.test_parseAIdata": _parse_bracketed,
    "ai.test_processAIdata": _process,
    "ai.test_validateAIs": _validate,
    "dl.test_URIunescape": _unescape,
    "dl.test_parseDLuri": _parse_link,
    "scandata.test_testProcessScanData": _process_scan,
}
