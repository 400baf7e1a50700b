"""Strange things to send: parameters, headers and addresses, half of them nearly good."""

from urllib.parse import quote, urlencode

from hypothesis import strategies as st

FORM = "application/x-www-form-urlencoded"

TEXT = st.text(max_size=60)
NAMES = st.sampled_from(
    [
        "client_id",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "nonce",
        "prompt",
        "max_age",
        "acr_values",
        "claims",
        "ui_locales",
        "id_token_hint",
        "login_hint",
        "request",
        "request_uri",
        "response_mode",
        "code_challenge",
        "code_challenge_method",
        "grant_type",
        "code",
        "code_verifier",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
        "access_token",
        "csrf",
        "decision",
        "claim",
        "session",
        "pending",
        "answer",
        "hours",
        "lang",
        "post_logout_redirect_uri",
        "registration",
    ]
)
VALUES = st.one_of(
    TEXT,
    st.sampled_from(
        [
            "portal-demo",
            "tax-demo",
            "http://127.0.0.1:8101/callback",
            "http://127.0.0.1:8101/signed-out",
            "code",
            "openid profile",
            "none",
            "login consent",
            "-1",
            "9" * 400,
            '{"userinfo":{"name":null}}',
            '{"id_token":{"acr":{"essential":true,"values":["\ud800"]}}}'.encode(
                "utf-8", "replace"
            ).decode(),
            '{"id_token":{"sub":{"value":"' + "a" * 300 + '"}}}',
            "[" * 500,
            "S256",
            "authorization_code",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "e30.e30.e30",
            "agree",
            "A" * 43,
            "\x00",
            "%00%ff%ed%a0%80",
        ]
    ),
)
PAIRS = st.lists(st.tuples(st.one_of(NAMES, TEXT), VALUES), max_size=12)
METHODS = st.one_of(
    st.sampled_from(["GET", "POST"]),
    st.sampled_from(["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "M-SEARCH", "_"]),
)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Authorization",
            "Accept",
            "Accept-Language",
            "Cookie",
            "Content-Type",
            "Origin",
            "Sec-Fetch-Site",
            "Host",
            "Range",
            "If-None-Match",
            "If-Range",
            "If-Modified-Since",
            "Expect",
            "Transfer-Encoding",
            "X-Forwarded-Host",
            "Upgrade",
        ]
    ),
    st.one_of(
        st.text(st.characters(max_codepoint=255), max_size=60),
        st.sampled_from(
            [
                "Bearer " + "A" * 43,
                "Basic AAAA",
                "Basic AA==",
                "bytes=0-0,-1",
                "multipart/form-data; boundary=x",
                FORM,
                "text/html",
                "__Host-eid-session=" + "A" * 43,
                '__Host-eid-session="\\377"; __Host-eid-browser=x; __Host-eid-language=vi',
            ]
        ),
    ),
    max_size=5,
)


@st.composite
def targets(draw: st.DrawFn, paths: list[str]) -> str:
    """A path of ours or of nobody's, with something in it and a query."""
    path = draw(st.sampled_from([*paths, "/nowhere", "/static/eid.css", "/static/{x}", "/{x}"]))
    for name in ("pending", "link", "person", "x"):
        filled = quote(draw(st.one_of(TEXT, st.just("A" * 43))), safe=draw(st.sampled_from("/ ")))
        path = path.replace("{" + name + "}", filled.replace(" ", "%20"))
    query = draw(st.one_of(st.just(""), PAIRS.map(lambda pairs: "?" + encoded(pairs)), QUERIES))
    return path + query


QUERIES = st.text(st.sampled_from("&=;%+?#/[]a0\u00ff"), max_size=40).map(
    lambda text: "?" + quote(text, safe="&=;%+?/[]")
)


def encoded(pairs: list[tuple[str, str]]) -> str:
    clean = [(clean_of(name), clean_of(value)) for name, value in pairs]
    return urlencode(clean)


def clean_of(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
