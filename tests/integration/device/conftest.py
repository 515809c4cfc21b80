"""The fixtures of the device's tests."""

from tests.helpers.replica import clock, replica, tiny_shop

__all__ = ["clock", "replica", "tiny_shop"]
