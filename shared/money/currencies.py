"""Currencies of ISO 4217: the code, and how many decimals its minor unit has."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import UserError

_TWO_DECIMALS = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY
COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS
INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD
NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP
SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG ZWL
"""
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS = "CLF UYW"

_SYMBOLS = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "CA$",
    "CNY": "CN¥",
    "CZK": "Kč",
    "EUR": "€",
    "GBP": "£",
    "GHS": "GH₵",
    "HKD": "HK$",
    "ILS": "₪",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "MXN": "MX$",
    "NGN": "₦",
    "NZD": "NZ$",
    "PHP": "₱",
    "PLN": "zł",
    "THB": "฿",
    "TRY": "₺",
    "UAH": "₴",
    "USD": "$",
    "VND": "₫",
}


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency of ISO 4217.

    Attributes:
        code: three capital letters, such as ``GBP``.
        exponent: decimals of the minor unit: 0 for JPY, 2 for GBP, 3 for KWD.
    """

    code: str
    exponent: int

    @property
    def minor_per_major(self) -> int:
        """How many minor units make one major unit: 100 for GBP."""
        return _POWERS_OF_TEN[self.exponent]

    @property
    def symbol(self) -> str:
        """What stands beside an amount on screen: ``£``; the code where there is no sign of its own."""
        return _SYMBOLS.get(self.code, self.code)

    def __str__(self) -> str:
        """The code."""
        return self.code


_POWERS_OF_TEN = (1, 10, 100, 1_000, 10_000)
_CURRENCIES = {
    code: Currency(code, exponent)
    for exponent, codes in ((2, _TWO_DECIMALS), (0, _NO_DECIMALS), (3, _THREE_DECIMALS), (4, _FOUR_DECIMALS))
    for code in codes.split()
}


def currency(code: str) -> Currency:
    """The currency with this ISO 4217 code; always the same object for the same code.

    Raises:
        UserError: ``currency_unknown``.
    """
    found = _CURRENCIES.get(code)
    if found is None:
        raise UserError(
            "currency_unknown", f"“{code}” is not a currency code. Use one such as GBP or EUR.", currency=code
        )
    return found


def currency_codes() -> tuple[str, ...]:
    """Every code known, sorted."""
    return tuple(sorted(_CURRENCIES))
