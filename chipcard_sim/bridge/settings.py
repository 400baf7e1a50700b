"""How a bridge is set up: by what name it is called, and for whom its cards answer."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from chipcard_sim.faults.fault import Fault

_SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class BridgeSettings:
    """What the bridge must know. Origins are spelled as browsers spell them (RFC 6454, 6.2).

    Args:
        address: the bridge's own origin, where browsers reach it.
        origins: the providers whose pages may ask for a card answer.
        has_picker: whether the window offers every card, or only the inserted one.
        fault: what goes wrong when a card answers in the way that the fault is about.

    Raises:
        ValueError: an origin that no browser would ever send.
    """

    address: str
    origins: tuple[str, ...]
    has_picker: bool
    fault: Fault | None = None

    def __post_init__(self) -> None:
        for origin in (self.address, *self.origins):
            _check_origin(origin)
        if not self.origins:
            raise ValueError("name at least one provider's origin")


def _check_origin(text: str) -> None:
    parts = urlsplit(text)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ValueError(f"{text!r} is no origin such as https://id.example.vn")
    default = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in {None, default} else f":{parts.port}"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if text != f"{parts.scheme}://{host}{port}":
        raise ValueError(f"{text!r}: write an origin as browsers do, {parts.scheme}://{host}{port}")
