"""What may be said of a payment on screen and paper."""

from __future__ import annotations

from collections.abc import Mapping


def tender_detail(reference: Mapping[str, str]) -> str:
    """``Visa ··4417, 083771`` from brand, last four digits and authorisation code; empty where nothing is known."""
    last_four = reference.get("last_four", "")
    card = " ".join(part for part in (reference.get("brand", ""), f"··{last_four}" if last_four else "") if part)
    return ", ".join(part for part in (card, reference.get("authorisation", "")) if part)
