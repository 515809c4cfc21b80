"""The fixtures of the device's tests."""

from tests.helpers.replica import clock, replica, tiny_shop
from tests.helpers.sync_pair import device, engine, server

__all__ = ["clock", "device", "engine", "replica", "server", "tiny_shop"]
