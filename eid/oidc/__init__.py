"""Room: the OpenID Connect engine; the only package that imports Authlib.

`OidcEngine` is the one front object. Who may enter: `api`, through `Services`, in the values of
`messages`. Nothing here knows a web framework, and no Authlib error leaves.

Followed: RFC 6749 and 6750 (code grant, bearer tokens), RFC 7636 (PKCE, S256), RFC 7523 (client
assertions), RFC 9207 (issuer in answers), RFC 9700 (best practice), OpenID Connect Core 1.0,
Discovery 1.0 and RP-Initiated Logout 1.0.

Every method gathers facts, lets a plain `decide_...` judge them, and keeps the outcome once.
Authlib calls back for data inside a decision: it finds it on the `Turn`, and leaves there what is
to be kept. The observed call order stands in `server`. Lists: `GRANTS`, `SCOPES`, `CLAIMS`,
`ENDPOINTS`, `PROFILES`; discovery follows from them.
"""
