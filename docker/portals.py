"""The demo's agencies: who they are, what they ask for, and where they are reached."""

from dataclasses import dataclass

from ports import Ports


@dataclass(frozen=True)
class Portal:
    """One demo agency."""

    key: str
    port: int
    default_port: int
    name_vi: str
    name_en: str
    sector: str
    scopes: str
    least_acr: str
    colour: str

    @property
    def origin(self) -> str:
        """Where the agency is reached."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def default_origin(self) -> str:
        """The origin that its client file names."""
        return f"http://127.0.0.1:{self.default_port}"


def portals_on(ports: Ports) -> tuple[Portal, Portal, Portal]:
    """The demo's agencies: two want card and PIN, the third is content with the chip alone."""
    usual = Ports()
    return (
        Portal(
            "portal",
            ports.portal,
            usual.portal,
            "Cổng Dịch vụ công quốc gia (bản thử)",
            "National Public Service Portal (demo)",
            "public-services",
            "openid profile personal_number",
            "urn:vn:eid:authn:2",
            "blue",
        ),
        Portal(
            "tax",
            ports.tax,
            usual.tax,
            "Thuế (bản thử)",
            "Tax (demo)",
            "tax",
            "openid profile",
            "urn:vn:eid:authn:2",
            "green",
        ),
        Portal(
            "library",
            ports.library,
            usual.library,
            "Thư viện công cộng (bản thử)",
            "Public library (demo)",
            "culture",
            "openid",
            "urn:vn:eid:authn:1",
            "plum",
        ),
    )
