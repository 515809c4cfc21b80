"""GS1 application identifiers as data: what each means, how its field is built, what it must and must not stand with.

The facts are those of GS1 General Specifications, section 3, and of the GS1 Digital Link standard; the table is ours.

How a row of :data:`_ROWS` is written: identifiers (``91-99`` is a span, several are separated by blanks), a title, the
format of the field, then by keyword what must stand beside it (``needs``: one alternative of several separated by
``|``, each a list joined by ``+``), what must not (``never``), and for the key of a Digital Link the orders of its
qualifiers (``key``). In identifiers beside or not beside it, ``n`` stands for any digit. A format lists components::

    n14        exactly 14 digits            x20   exactly 20 characters of the set of 82
    n-8        1 to 8 digits                y, z  characters of the set of 39, base64url
    n14:name   … that pass a check of shared.catalogue.gs1_checks
    ?x-17      may be absent
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a data field.

    Attributes:
        characters: ``n`` digits, ``x`` the set of 82, ``y`` the set of 39, ``z`` base64url.
        shortest: the least number of characters.
        longest: the greatest number of characters.
        is_optional: whether the field may end before it.
        checks: names of checks its text must pass.
    """

    characters: str
    shortest: int
    longest: int
    is_optional: bool
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApplicationIdentifier:
    """What one application identifier promises about its data field.

    Attributes:
        code: two to four digits, such as ``"01"`` or ``"3103"``.
        title: what it is, in a few words.
        components: the parts of its field, in order.
        needs: alternatives of identifiers one of which must be present too; nothing where it may stand alone.
        never: identifiers that must not be present too.
        qualifier_orders: for the key of a Digital Link, the orders its qualifiers may follow in; none for others.
        is_link_attribute: whether it may stand in the query of a Digital Link.
    """

    code: str
    title: str
    components: tuple[Component, ...]
    needs: tuple[tuple[str, ...], ...] = ()
    never: tuple[str, ...] = ()
    qualifier_orders: tuple[tuple[str, ...], ...] | None = None
    is_link_attribute: bool = True

    @property
    def needs_separator(self) -> bool:
        """Whether FNC1 must end the field when another follows; it depends on the first two digits alone."""
        return self.code[:2] not in _PREDEFINED_LENGTH


@dataclass(frozen=True, slots=True)
class _Row:
    codes: str
    title: str
    formats: str
    needs: str = ""
    never: str = ""
    key: str | None = None


_PREDEFINED_LENGTH = frozenset(
    ["00", "01", "02", "03", "04", *(str(number) for number in (*range(11, 21), *range(31, 37), 41))]
)
_NEVER_LINK_ATTRIBUTES = frozenset(
    [
        "03",
        "21",
        "22",
        "235",
        "254",
        "7040",
        "7041",
        "8011",
        "8014",
        "8019",
        "8020",
        "8040",
        "8041",
        "8042",
        "8043",
        "8200",
    ]
)

_ITEM = "01|02|03|8006|8026"
_LOGISTIC = "00"
_PERSON = "8017|8018"
_MEASURED = "30|31nn|32nn|35nn|36nn"
_COUNTRIES = "n3:country_number" + " ?n3:country_number" * 4
_LOCATION = "n13:check_digit"
_CERTIFICATE = "x2 x-28"

_ROWS: tuple[_Row, ...] = (
    # Keys
    _Row("00", "Logistic unit (SSCC)", "n18:check_digit", key=""),
    _Row("01", "Trade item (GTIN)", "n14:check_digit", never="255 37", key="22 10 21|235"),
    _Row("02", "Contained trade item", "n14:check_digit", needs="37", never="01 03"),
    _Row("03", "Made-to-order trade item", "n14:check_digit", never="01 02 37 235"),
    _Row("253", "Document type", "n13:check_digit ?x-17", key=""),
    _Row("255", "Coupon", "n13:check_digit ?n-12", never="01 02 415 8006 8020 8026", key=""),
    _Row("401", "Consignment", "x-30", key=""),
    _Row("402", "Shipment", "n17:check_digit", key=""),
    _Row("414", "Location", _LOCATION, key="254|7040"),
    _Row("415", "Invoicing party", _LOCATION, needs="8020", key="8020"),
    _Row("417", "Party", _LOCATION, key="7040"),
    _Row("8003", "Returnable asset", "n1:zero n13:check_digit ?x-16", key=""),
    _Row("8004", "Individual asset", "x-30", key="7040"),
    _Row("8006", "Piece of a trade item", "n14:check_digit n4:piece_of_total", never="01 03 37", key="22 10 21"),
    _Row("8010", "Component or part", "y-30", key="8011"),
    _Row("8013", "Model", "x-25:check_pair", key=""),
    _Row("8017", "Service relation, provider", "n18:check_digit", never="8018", key="8019"),
    _Row("8018", "Service relation, recipient", "n18:check_digit", never="8017", key="8019"),
    # About the item
    _Row("10", "Batch or lot", "x-20", needs=_ITEM),
    _Row("11", "Production date", "n6:day_or_month_yymmdd", needs=_ITEM),
    _Row("12", "Due date", "n6:day_or_month_yymmdd", needs="8020"),
    _Row("13", "Packaging date", "n6:day_or_month_yymmdd", needs=_ITEM),
    _Row("15", "Best before", "n6:day_or_month_yymmdd", needs=_ITEM),
    _Row("16", "Sell by", "n6:day_or_month_yymmdd", needs=_ITEM),
    _Row("17", "Expiry", "n6:day_or_month_yymmdd", needs="01|02|03|255|8006|8026"),
    _Row("20", "Internal variant", "n2", needs=_ITEM),
    _Row("21", "Serial", "x-20", needs="01|03|8006", never="235"),
    _Row("22", "Consumer product variant", "x-20", needs="01"),
    _Row("235", "Third-party serial", "x-28", needs="01"),
    _Row("240", "Additional identification", "x-30", needs=_ITEM),
    _Row("241", "Customer's part number", "x-30", needs=_ITEM),
    _Row("242", "Made-to-order variation", "n-6", needs="01|02|8006|8026"),
    _Row("243", "Packaging component", "x-20", needs="01|03"),
    _Row("250", "Secondary serial", "x-30", needs="01+21|03+21|8006+21"),
    _Row("251", "Reference to source", "x-30", needs="01|03|8006"),
    _Row("254", "Location extension", "x-20", needs="414"),
    # Counts, amounts
    _Row("30", "Variable count", "n-8", needs="01|02"),
    _Row("37", "Count of contained items", "n-8", needs="00+02|00+8026"),
    _Row("3900-3909", "Amount payable or coupon value", "n-15", needs="255|8020", never="390n 391n 394n 8111"),
    _Row("3910-3919", "Amount payable with currency", "n3:currency_number n-15", needs="8020", never="391n"),
    _Row("3920-3929", "Price", "n-15", needs="01+30|01+31nn|01+32nn|01+35nn|01+36nn", never="392n 393n"),
    _Row("3930-3939", "Price with currency", "n3:currency_number n-15", needs=_MEASURED, never="393n"),
    _Row("3940-3943", "Coupon percentage", "n4", needs="255", never="394n 8111"),
    _Row("3950-3955", "Price per unit of measure", "n6", needs=_MEASURED, never="392n 393n 395n 8005"),
    # Transport
    _Row("400", "Customer's order", "x-30"),
    _Row("403", "Route", "x-30", needs=_LOGISTIC),
    _Row("410", "Ship to", _LOCATION),
    _Row("411", "Bill to", _LOCATION),
    _Row("412", "Purchased from", _LOCATION),
    _Row("413", "Ship for", _LOCATION),
    _Row("416", "Production or service location", _LOCATION),
    _Row("420", "Ship-to post code", "x-20", never="421"),
    _Row("421", "Ship-to post code with country", "n3:country_number x-9", never="4307"),
    _Row("422", "Country of origin", "n3:country_number", needs=_ITEM, never="426"),
    _Row("423", "Countries of first processing", _COUNTRIES, needs="01|02|03", never="426"),
    _Row("424", "Country of processing", "n3:country_number", needs="01|02|03", never="426"),
    _Row("425", "Countries of disassembly", _COUNTRIES, needs="01|02|03", never="426"),
    _Row("426", "Country of full processing", "n3:country_number", needs="01|02|03"),
    _Row("427", "Region of origin", "x-3", needs="01+422|02+422|03+422"),
    _Row("4300-4301 4310-4311", "Ship-to or return-to name", "x-35:percent_encoded", needs=_LOGISTIC),
    _Row("4302 4312", "Ship-to or return-to address", "x-70:percent_encoded", needs=_LOGISTIC),
    _Row("4303", "Ship-to address, second line", "x-70:percent_encoded", needs="4302"),
    _Row("4313", "Return-to address, second line", "x-70:percent_encoded", needs="4312"),
    _Row("4304-4306 4314-4316", "Ship-to or return-to town", "x-70:percent_encoded", needs=_LOGISTIC),
    _Row("4307 4317", "Ship-to or return-to country", "x2:country_letters", needs=_LOGISTIC),
    _Row("4308 4319", "Ship-to or return-to telephone", "x-30", needs=_LOGISTIC),
    _Row("4309", "Ship-to position", "n10:latitude n10:longitude", needs=_LOGISTIC),
    _Row("4318", "Return-to post code", "x-20", needs=_LOGISTIC),
    _Row("4320", "Service", "x-35:percent_encoded", needs=_LOGISTIC),
    _Row("4321-4323", "Dangerous goods, leave, signature", "n1:yes_no", needs=_LOGISTIC),
    _Row("4324-4325", "Deliver not before, not after", "n6:day_or_month_yymmdd n4:hour_minute", needs=_LOGISTIC),
    _Row("4326", "Release date", "n6:day_yymmdd", needs=_LOGISTIC),
    _Row("4330", "Highest temperature °F", "n6 ?x1:hyphen", needs=_LOGISTIC, never="4331"),
    _Row("4331", "Highest temperature °C", "n6 ?x1:hyphen", needs=_LOGISTIC, never="4330"),
    _Row("4332", "Lowest temperature °F", "n6 ?x1:hyphen", needs=_LOGISTIC, never="4333"),
    _Row("4333", "Lowest temperature °C", "n6 ?x1:hyphen", needs=_LOGISTIC, never="4332"),
    # Food, medicine, industry
    _Row("7001", "NATO stock number", "n13", needs="01|02|8006|8026"),
    _Row("7002", "Meat cut", "x-30", needs="01|02"),
    _Row("7003", "Expiry date and time", "n6:day_yymmdd n4:hour_minute", needs="01|02|03"),
    _Row("7004", "Active potency", "n-4", needs="01+10|03+10"),
    _Row("7005", "Catch area", "x-12", needs="01|02"),
    _Row("7006", "First freeze date", "n6:day_yymmdd", needs="01|02"),
    _Row("7007", "Harvest date or dates", "n6:day_yymmdd ?n6:day_yymmdd", needs="01|02"),
    _Row("7008", "Fishery species", "x-3", needs="01|02"),
    _Row("7009", "Fishing gear", "x-10", needs="01|02"),
    _Row("7010", "Production method", "x-2", needs="01|02|03"),
    _Row("7011", "Test by", "n6:day_yymmdd ?n4:hour_minute", needs="01|02|03"),
    _Row("7020", "Refurbishment lot", "x-20", needs="01+416|03+416|8006+416"),
    _Row("7021", "Functional status", "x-20", needs="01|03|8006"),
    _Row("7022", "Revision status", "x-20", needs="01+7021|03+7021|8006+7021"),
    _Row("7023", "Assembly", "x-30"),
    _Row("7030-7039", "Processor", "n3:country_number_or_999 x-27", needs="01|02"),
    _Row("7040", "Importer's unique code", "n1 x1 x1 x1:importer_index"),
    _Row("7041", "Freight unit type", "x-4", needs=_LOGISTIC),
    _Row("710-717", "National healthcare number", "x-20", needs="01"),
    _Row("7230-7239", "Certification", _CERTIFICATE, needs="01|8004"),
    _Row("7240", "Protocol", "x-20", needs="01|8006", never="03"),
    _Row("7241", "Media type", "n2:media_type", needs=_PERSON),
    _Row("7242", "Version", "x-25", needs=_PERSON),
    _Row("7250", "Date of birth", "n8:day_yyyymmdd", needs="8018", never="7251"),
    _Row("7251", "Date and time of birth", "n8:day_yyyymmdd n4:hour_minute", needs="8018", never="7250"),
    _Row("7252", "Sex", "n1:sex", needs="8018"),
    _Row("7253-7254", "Family or given name", "x-40:percent_encoded", needs=_PERSON, never="7256 7259"),
    _Row("7255", "Suffix of name", "x-10", needs=_PERSON, never="7256 7259"),
    _Row("7256", "Full name", "x-90:percent_encoded", needs=_PERSON),
    _Row("7257", "Address of person", "x-70:percent_encoded", needs="8018"),
    _Row("7258", "Birth sequence", "x3:position_in_sequence", needs="8018+7259"),
    _Row("7259", "Baby", "x-40:percent_encoded", needs="8018", never="7256"),
    _Row("8001", "Dimensions of a roll", "n4:not_zero n5:not_zero n3:not_zero n1:winding n1", needs="01"),
    _Row("8002", "Telephone serial", "x-20"),
    _Row("8005", "Price per unit", "n6", needs="01|02"),
    _Row("8007", "Account (IBAN)", "x-34:iban", needs="415"),
    _Row("8008", "Production time", "n6:day_yymmdd n2:hour ?n2:minute ?n2:second", needs="01|02|03"),
    _Row("8009", "Optical sensor", "x-50", needs="00|01|03"),
    _Row("8011", "Component serial", "n-12:no_leading_zero", needs="8010"),
    _Row("8012", "Software version", "x-20", needs="01|03|8006"),
    _Row("8014", "Device registration", "x-25:check_pair,has_non_digit", needs="01"),
    _Row("8019", "Service relation instance", "n-10", needs=_PERSON),
    _Row("8020", "Payment slip", "x-25", needs="415"),
    _Row("8026", "Piece of a contained item", "n14:check_digit n4:piece_of_total", needs="37", never="02 03 8006"),
    _Row("8030", "Signature", "z-90", needs="00|01+21|03+21|253|255|8003|8004|8006+21|8010+8011|8017|8018"),
    _Row("8040", "IMEI", "n15", needs="01+21"),
    _Row("8041", "Second IMEI", "n15", needs="01+21+8040"),
    _Row("8042", "eSIM", "n32", needs="01+21+8040"),
    _Row("8043", "SIM", "n18 ?n-2", needs="01+21+8040"),
    _Row("8110", "Coupon, North America", "x-70"),
    _Row("8111", "Loyalty points of a coupon", "n4", needs="255"),
    _Row("8112", "Paperless coupon, North America", "x-70"),
    _Row("8200", "Web address of packaging", "x-70", needs="01"),
    _Row("90", "Agreed between partners", "x-30"),
    _Row("91-99", "Company's own", "x-90"),
)

_TRADE_MEASURES = (
    310,
    311,
    312,
    313,
    314,
    315,
    316,
    *range(320, 330),
    350,
    351,
    352,
    356,
    357,
    360,
    361,
    364,
    365,
    366,
)
_LOGISTIC_MEASURES = (*range(330, 337), *range(340, 350), 353, 354, 355, 362, 363, 367, 368, 369)
_MEASURE_TITLES = MappingProxyType(
    {
        310: "Net weight kg",
        311: "Length m",
        314: "Area m²",
        315: "Net volume l",
        320: "Net weight lb",
        330: "Gross weight kg",
    }
)


def _measures() -> Iterator[_Row]:
    """Measures: six digits each, the fourth digit of the identifier being the number of decimals, 0 to 5."""
    families = (
        *((family, "01|02") for family in _TRADE_MEASURES),
        *((family, "00|01") for family in _LOGISTIC_MEASURES),
        (337, "01"),
    )
    for family, needs in families:
        title = _MEASURE_TITLES.get(family, "Measure")
        yield _Row(f"{family}0-{family}5", title, "n6", needs=needs, never=f"{family}n")


def _component(text: str) -> Component:
    shape, _, checks = text.removeprefix("?").partition(":")
    at_most = shape[1] == "-"
    longest = int(shape[2:] if at_most else shape[1:])
    names = tuple(checks.split(",")) if checks else ()
    return Component(shape[0], 1 if at_most else longest, longest, text.startswith("?"), names)


def _codes(text: str) -> Iterator[str]:
    for word in text.split():
        first, _, last = word.partition("-")
        for number in range(int(first), int(last or first) + 1):
            yield str(number).zfill(len(first))


def _alternatives(text: str, separator: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(part.replace("+", " ").split()) for part in text.split(separator)) if text else ()


def _identifier(code: str, row: _Row) -> ApplicationIdentifier:
    return ApplicationIdentifier(
        code=code,
        title=row.title,
        components=tuple(_component(text) for text in row.formats.split()),
        needs=_alternatives(row.needs, "|"),
        never=tuple(row.never.split()),
        qualifier_orders=None if row.key is None else _alternatives(row.key, "|"),
        is_link_attribute=code not in _NEVER_LINK_ATTRIBUTES,
    )


APPLICATION_IDENTIFIERS: Mapping[str, ApplicationIdentifier] = MappingProxyType(
    {code: _identifier(code, row) for row in (*_ROWS, *_measures()) for code in _codes(row.codes)}
)
"""Every application identifier by its code."""


def identifier_at(text: str, position: int = 0) -> ApplicationIdentifier | None:
    """The application identifier that ``text`` has at ``position``; no identifier is the beginning of another."""
    for length in (2, 3, 4):
        found = APPLICATION_IDENTIFIERS.get(text[position : position + length])
        if found is not None:
            return found
    return None


def matches(pattern: str, code: str) -> bool:
    """Whether ``code`` is the identifier ``pattern``, in which ``n`` stands for any digit."""
    return len(pattern) == len(code) and all(wanted in ("n", got) for wanted, got in zip(pattern, code, strict=True))
