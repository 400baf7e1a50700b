"""The ASGI entry: settings stop here."""

from api.app import create_app
from eid.bootstrap import build_services
from eid.config import Settings

app = create_app(build_services(Settings()))
