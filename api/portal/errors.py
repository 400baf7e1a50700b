"""What can go wrong between the agency and the provider."""


class SignInFailed(Exception):
    """A sign-in that ends without a session.

    Args:
        code: Stable word that the error page shows and explains.
        detail: For the operator's log; holds neither a token nor anything about the citizen.
    """

    status = 400

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class RequestRejected(SignInFailed):
    """The browser asked for something this agency does not offer."""


class FormRejected(SignInFailed):
    """A form came that no page of this session sent."""

    status = 403


class ResponseRejected(SignInFailed):
    """The browser brought back an answer that does not belong to a sign-in begun here."""


class ProviderRefused(SignInFailed):
    """The provider answered with an OAuth error; the code is the provider's own."""


class TokenRejected(SignInFailed):
    """The ID token does not hold."""


class ProviderAway(SignInFailed):
    """The provider cannot be reached, or speaks something else than OpenID Connect."""

    status = 502
