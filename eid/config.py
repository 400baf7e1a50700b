"""Every knob, typed, with its meaning. Read once at the front door, then turned into policies.

Variables begin with `EID_`; `__` goes a level down: `EID_LOGIN__CHALLENGE_LIFETIME=120`.
"""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(StrEnum):
    """Where this process runs. Only `demo` has stand-ins that a tester can steer."""

    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


class Frozen(BaseModel):
    """A group of settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Database(Frozen):
    """Where accounts are kept."""

    url: str = "sqlite:///.demo/eid.sqlite3"
    """`sqlite:///PATH` or `postgresql://user@host:port/name`."""
    pool: int = Field(8, ge=2, le=64)
    """Connections per process (PostgreSQL)."""


class Keys(Frozen):
    """Where keys are kept, and how the provider's signing keys live."""

    wrapping_key: Path = Path(".demo/keys/wrapping.key")
    """A file of mode 0600 with 32 random bytes in hexadecimal; it wraps every key at rest."""
    algorithms: tuple[str, ...] = ("ES256", "RS256")
    """JOSE algorithms that always have an active signing key."""
    stage_for: int = Field(3600, ge=60)
    """Seconds a new key is published before it signs."""
    active_for: int = Field(30 * 86400, ge=3600)
    """Seconds a key signs."""
    retire_for: int = Field(3600, ge=60)
    """Seconds a key stays published after its last use; longer than the longest token."""


class Pki(Frozen):
    """Certificates of cards."""

    folder: Path = Path(".demo/keys/pki")
    """Where the ceremony puts the certificates of its authorities."""
    ocsp_lifetime: int = Field(600, ge=60, le=86400)
    """Seconds for which an answer about one certificate may be believed."""
    crl_every: int = Field(3600, ge=60, le=3600)
    """Seconds between one list of revoked certificates and the next."""
    crl_lifetime: int = Field(86400, ge=7200, le=7 * 86400)
    """Seconds for which such a list may be believed."""


class Oidc(Frozen):
    """The OpenID provider."""

    code_lifetime: int = Field(60, ge=5, le=60)
    """Seconds (FAPI 2.0: at most 60)."""
    access_token_lifetime: int = Field(300, ge=30, le=900)
    """Seconds."""
    id_token_lifetime: int = Field(300, ge=30, le=600)
    """Seconds."""
    pending_lifetime: int = Field(1800, ge=60, le=7200)
    """Seconds a person may take over login and consent."""


class Login(Frozen):
    """Signing in."""

    challenge_lifetime: int = Field(120, ge=20, le=300)
    """Seconds."""
    idle: int = Field(1800, ge=60, le=3600)
    """Seconds without use after which a session ends (at most an hour: SS-05)."""
    session: int = Field(12 * 3600, ge=300, le=24 * 3600)
    """Seconds after which a session ends, however used."""


class CertificateLogin(Frozen):
    """Signing in with the card's certificate in TLS, behind a front of one's own (docker/nginx)."""

    origin: str | None = None
    """Where browsers are asked for a certificate: https, the issuer's host or one under it, another
    port or name than the issuer's own. Absent: nobody is offered this way."""
    socket: Path | None = None
    """Unix socket of `eid serve-certificates`, in a directory that is closed to others."""
    key: Path | None = None
    """The one key that `eid serve-certificates` reads, mode 0600; `eid handover-key` writes it."""


class Activation(Frozen):
    """Making an account live. The seven days are law, not a setting."""

    code_length: int = Field(8, ge=6, le=12)
    """Digits."""
    attempts: int = Field(5, ge=1, le=10)
    """Wrong codes before a case needs help."""


class Issuance(Frozen):
    """Accounts and cards in bulk."""

    chunk: int = Field(500, ge=1, le=5000)
    """Lines per transaction."""
    document_prefix: str = Field("X", pattern="^[A-Z]$")
    """First letter of document numbers; the real format is not in public law."""


class Pages(Frozen):
    """What citizens see."""

    default_locale: str = "vi"
    """Language when nothing else says so."""
    bridge: str = "http://127.0.0.1:8200"
    """Origin of the card bridge that card pages open."""
    hotline: str = "1900 0000"
    """Telephone number for help; an invented one."""


class Demo(Frozen):
    """The demo environment's own things. Anything set here stops production from starting."""

    people: Path | None = None
    """The invented people, for the registry stand-in and `/demo/reset`."""
    outbox: Path | None = None
    """Folder in which the notifier stand-in puts notices."""
    clock: Path | None = None
    """File with the demo clock's offset in seconds."""
    cards: Path | None = None
    """Folder of the cards, as a tester names it to the card program; absent: its usual place."""


class Settings(BaseSettings):
    """All settings of the provider."""

    model_config = SettingsConfigDict(
        env_prefix="EID_", env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    environment: Environment = Environment.PRODUCTION
    """demo, test or production."""
    issuer: str = "http://localhost:8000"
    """The issuer, exactly as clients see it: https; loopback http only in demo and test."""
    listen: str = "127.0.0.1:8000"
    """Address and port of `eid serve`, or `unix:` and the path of a socket."""
    workers: int = Field(1, ge=1, le=64)
    """Processes of `eid serve`."""
    database: Database = Database()
    keys: Keys = Keys()
    pki: Pki = Pki()
    oidc: Oidc = Oidc()
    login: Login = Login()
    certificate_login: CertificateLogin = CertificateLogin()
    activation: Activation = Activation()
    issuance: Issuance = Issuance()
    pages: Pages = Pages()
    demo: Demo = Demo()
