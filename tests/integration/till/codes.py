"""Barcodes of the tiny shop."""

from __future__ import annotations

OAT, SOURDOUGH, CANDLE, TEA, MUG = (
    "5012345678900",
    "5012345678917",
    "5012345678924",
    "5012345678931",
    "5012345678948",
)
