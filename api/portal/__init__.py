"""The demo agency: an OpenID Connect client that knows the provider only by its address.

It imports nothing of this project; it needs Starlette, Jinja2, PyJWT, httpx2, pydantic-settings and
uvicorn. Copy the folder, set the `PORTAL_` variables of `settings.py`, and it signs citizens in to
your own site.

It follows OpenID Connect Core 1.0 (section 3.1), Discovery 1.0, RP-Initiated Logout 1.0, PKCE
(RFC 7636) and issuer identification (RFC 9207). It stands for no real agency: every page says so.
"""
