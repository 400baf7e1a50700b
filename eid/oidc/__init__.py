"""Room: the OpenID Connect engine; the only package that imports Authlib."""
