"""HTTP to the server: the only package that knows httpx."""

from desktop.sync.transport.catalogue_import import HttpCatalogueDesk
from desktop.sync.transport.devices_desk import HttpDevicesDesk
from desktop.sync.transport.enrolment import HttpEnrolmentDesk
from desktop.sync.transport.http_server import HttpServer

__all__ = ["HttpCatalogueDesk", "HttpDevicesDesk", "HttpEnrolmentDesk", "HttpServer"]
