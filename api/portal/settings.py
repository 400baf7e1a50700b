"""Every knob of the agency, read from the environment with the prefix `PORTAL_`."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class PortalSettings(BaseSettings):
    """One agency's settings. The defaults are those of the first demo agency."""

    model_config = SettingsConfigDict(env_prefix="PORTAL_", frozen=True)

    issuer: str = "http://localhost:8000"
    """The provider's issuer identifier, exactly as its discovery document spells it."""

    client_id: str
    """The client identifier under which the provider registered this agency."""

    client_secret_file: Path
    """File that holds the client secret and nothing else."""

    ca_file: Path | None = None
    """Certificates (PEM) that the provider's TLS must lead to; absent: those of the machine."""

    origin: str = "http://127.0.0.1:8101"
    """Scheme, host and port at which citizens reach this agency; no path."""

    name_vi: str = "Cổng Dịch vụ công quốc gia (bản thử)"
    """The agency's name in Vietnamese."""

    name_en: str = "National Public Service Portal (demo)"
    """The agency's name in English."""

    sector: str = "public-services"
    """The sector whose agencies receive one and the same pairwise subject; shown on the page."""

    scopes: str = "openid profile"
    """What is asked for at sign-in: scope values parted by spaces, `openid` among them."""

    least_acr: Annotated[str, Field(pattern=r"^urn:vn:eid:authn:[1-4]$")] = "urn:vn:eid:authn:2"
    """The authentication level asked for at sign-in and demanded of the ID token."""

    clock_file: Path | None = None
    """Text file with the whole seconds to add to the real time; for the demo only."""

    cookie_name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,15}$")] = "portal"
    """First word of this agency's cookies. Cookies know no port: each agency needs its own name."""

    colour: Literal["blue", "green", "plum"] = "blue"
    """Colour of the agency's header."""

    @model_validator(mode="after")
    def _addresses_are_sound(self) -> Self:
        for name in ("issuer", "origin"):
            address = urlsplit(getattr(self, name))
            if address.scheme != "https" and address.hostname not in LOOPBACK:
                raise ValueError(f"{name} must be https, or http on loopback")
            if address.scheme not in {"http", "https"} or address.query or address.fragment:
                raise ValueError(f"{name} must be an http address without query or fragment")
        if urlsplit(self.origin).path:
            raise ValueError("origin must have no path")
        if "openid" not in self.scopes.split():
            raise ValueError("scopes must hold openid")
        return self

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends the browser back to; registered there, compared whole."""
        return f"{self.origin}/callback"

    @property
    def signed_out_uri(self) -> str:
        """Where the provider sends the browser after a sign-out."""
        return f"{self.origin}/signed-out"

    @property
    def is_secure(self) -> bool:
        """Whether citizens reach this agency over https."""
        return self.origin.startswith("https:")

    def client_secret(self) -> str:
        """The client secret, without the line end an editor left.

        Raises:
            ValueError: the file is empty.
        """
        secret = self.client_secret_file.read_text(encoding="utf-8").strip()
        if not secret:
            raise ValueError("the client secret file is empty")
        return secret
