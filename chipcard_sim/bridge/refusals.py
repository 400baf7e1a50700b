"""Every way in which the bridge says no: a stable code and its HTTP status."""

from collections.abc import Mapping

REFUSALS: Mapping[str, int] = {
    "malformed": 400,
    "nonce_wrong": 400,
    "pin_shape": 400,
    "puk_shape": 400,
    "can_shape": 400,
    "asker_unknown": 403,
    "host_wrong": 403,
    "origin_wrong": 403,
    "pin_wrong": 403,
    "pin_blocked": 403,
    "puk_wrong": 403,
    "puk_blocked": 403,
    "can_wrong": 403,
    "card_unknown": 404,
    "not_found": 404,
    "not_allowed": 405,
    "card_unfit": 409,
    "too_large": 413,
    "content_type_wrong": 415,
    "failed": 500,
    "too_many": 503,
}
"""Code -> HTTP status. The sentence for a code stands in the word files."""


class Refused(Exception):
    """The bridge says no. `tries_left` goes with a wrong PIN or PUK."""

    def __init__(self, code: str, tries_left: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.tries_left = tries_left

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return REFUSALS[self.code]

    def as_json(self) -> dict[str, object]:
        """Return the body of the answer: the code, and how many tries are left where it matters."""
        body: dict[str, object] = {"code": self.code}
        if self.tries_left is not None:
            body["triesLeft"] = self.tries_left
        return body
