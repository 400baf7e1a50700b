"""Settings become each room's policy: what a room may be told, and nothing else."""

from dataclasses import dataclass
from datetime import timedelta

from eid.activation.activate import ActivationPolicy
from eid.authentication.messages import HandoverPolicy, LoginPolicy
from eid.config import Settings
from eid.issuance.policy import IssuancePolicy, NoticePolicy
from eid.oidc.policy import OidcPolicy
from eid.standing.certificates import StatusPolicy
from keys.jwks.states import RotationPolicy


@dataclass(frozen=True, slots=True)
class PagesPolicy:
    """What pages say of the service."""

    issuer: str
    bridge: str
    hotline: str
    default_locale: str
    certificates: str | None
    cards: str | None


def pages_policy(settings: Settings) -> PagesPolicy:
    """What pages say of the service."""
    pages = settings.pages
    return PagesPolicy(
        issuer=settings.issuer,
        bridge=pages.bridge,
        hotline=pages.hotline,
        default_locale=pages.default_locale,
        certificates=settings.certificate_login.origin,
        cards=str(settings.demo.cards) if settings.demo.cards else None,
    )


def issuance_policy(settings: Settings, serial_key: bytes) -> IssuancePolicy:
    """How cards are numbered and certified."""
    return IssuancePolicy(settings.issuance.document_prefix, serial_key)


def _seconds(value: int) -> timedelta:
    return timedelta(seconds=value)


def rotation_policy(settings: Settings) -> RotationPolicy:
    """How long signing keys live."""
    keys = settings.keys
    return RotationPolicy(
        stage_for=_seconds(keys.stage_for),
        active_for=_seconds(keys.active_for),
        retire_for=_seconds(keys.retire_for),
        algorithms=keys.algorithms,
    )


def handover_policy(settings: Settings, handover_key: bytes) -> HandoverPolicy:
    """How the certificate door hands over to our pages."""
    return HandoverPolicy(settings.issuer, handover_key)


def login_policy(settings: Settings, handover_key: bytes) -> LoginPolicy:
    """How long a sign-in may take and a session last, and whether certificates are asked for."""
    asks = settings.certificate_login.origin is not None
    return LoginPolicy(
        origin=settings.issuer,
        challenge_lifetime=_seconds(settings.login.challenge_lifetime),
        idle=_seconds(settings.login.idle),
        session=_seconds(settings.login.session),
        handover=handover_policy(settings, handover_key) if asks else None,
    )


def activation_policy(settings: Settings, code_key: bytes) -> ActivationPolicy:
    """How activation asks for card and code."""
    return ActivationPolicy(
        origin=settings.issuer,
        challenge_lifetime=_seconds(settings.login.challenge_lifetime),
        code_key=code_key,
    )


def oidc_policy(settings: Settings, pairwise_key: bytes) -> OidcPolicy:
    """How the OpenID provider behaves."""
    return OidcPolicy(
        issuer=settings.issuer,
        pairwise_key=pairwise_key,
        code_lifetime=_seconds(settings.oidc.code_lifetime),
        access_token_lifetime=_seconds(settings.oidc.access_token_lifetime),
        id_token_lifetime=_seconds(settings.oidc.id_token_lifetime),
        pending_lifetime=_seconds(settings.oidc.pending_lifetime),
        session_idle=_seconds(settings.login.idle),
        signing_algorithms=settings.keys.algorithms,
    )


def notice_policy(settings: Settings, code_key: bytes) -> NoticePolicy:
    """What notices say and how often a code may be tried."""
    return NoticePolicy(
        link_base=f"{settings.issuer}/activate/",
        code_length=settings.activation.code_length,
        attempts=settings.activation.attempts,
        code_key=code_key,
    )


def status_policy(settings: Settings) -> StatusPolicy:
    """How long the world may believe what we say of a certificate."""
    pki = settings.pki
    return StatusPolicy(
        answer_lifetime=timedelta(seconds=pki.ocsp_lifetime),
        list_lifetime=timedelta(seconds=pki.crl_lifetime),
        list_every=timedelta(seconds=pki.crl_every),
    )
