"""The version of the rules that turn a basket into amounts; a sale records the one that priced it."""

from __future__ import annotations

ENGINE_VERSION = "1"
"""Raised with every change that can give another amount for the same inputs."""
