"""Clients and signing keys, which processes hold in memory, and the vault's blobs."""

from eid.store.statements.fragments import insert, statement

PUT_AGENCY = insert(
    "agency",
    "id, names, sector",
    "ON CONFLICT (id) DO UPDATE SET names = excluded.names, sector = excluded.sector",
    shared=True,
)
PUT_CLIENT = insert(
    "client",
    "id, agency, profile, redirect_uris, post_logout_redirect_uris, scopes, required_claims,"
    "authentication, secret_hash, keys, id_token_algorithm, least_account_level,"
    "least_authentication_level, disabled",
    """ON CONFLICT (id) DO UPDATE SET agency = excluded.agency, profile = excluded.profile,
        redirect_uris = excluded.redirect_uris,
        post_logout_redirect_uris = excluded.post_logout_redirect_uris,
        scopes = excluded.scopes, required_claims = excluded.required_claims,
        authentication = excluded.authentication, secret_hash = excluded.secret_hash,
        keys = excluded.keys, id_token_algorithm = excluded.id_token_algorithm,
        least_account_level = excluded.least_account_level,
        least_authentication_level = excluded.least_authentication_level,
        disabled = excluded.disabled""",
)
DISABLE_CLIENT = statement("disable_client", "UPDATE client SET disabled = TRUE WHERE id = :id")
EVERY_CLIENT = statement(
    "every_client",
    """SELECT c.id, c.agency, c.profile, c.redirect_uris, c.post_logout_redirect_uris, c.scopes,
        c.required_claims, c.authentication, c.secret_hash, c.keys, c.id_token_algorithm,
        c.least_account_level, c.least_authentication_level, c.disabled,
        g.names AS agency_names, g.sector AS agency_sector
    FROM client c JOIN agency g ON g.id = c.agency ORDER BY c.id""",
)

RAISE_VERSION = statement(
    "raise_version",
    """INSERT INTO register_version(name, version) VALUES (:name, 1)
    ON CONFLICT (name) DO UPDATE SET version = register_version.version + 1""",
    shared=True,
)
BEGIN_REGISTER = statement(
    "begin_register",
    """INSERT INTO register_version(name, version) VALUES (:name, 1)
    ON CONFLICT (name) DO NOTHING""",
)
ADVANCE_REGISTER = statement(
    "advance_register",
    """UPDATE register_version SET version = version + 1
    WHERE name = :name AND version = :version""",
)
FIND_VERSION = statement("find_version", "SELECT version FROM register_version WHERE name = :name")

# The version and the keys come from one look, so they belong together.
EVERY_KEY = statement(
    "every_key",
    """SELECT v.version, k.kid, k.algorithm, k.state, k.handle, k.staged_at, k.activates_at,
        k.retires_at, k.removed_at
    FROM register_version v LEFT JOIN signing_key k ON TRUE
    WHERE v.name = :name ORDER BY k.staged_at, k.kid""",
)
DROP_KEYS = statement("drop_keys", "DELETE FROM signing_key", may_miss=True)
ADD_KEY = insert(
    "signing_key",
    "kid, algorithm, state, handle, staged_at, activates_at, retires_at, removed_at",
)

ADD_BLOB = insert("key_blob", "name, blob")
FIND_BLOB = statement("find_blob", "SELECT blob FROM key_blob WHERE name = :name")
DROP_BLOB = statement("drop_blob", "DELETE FROM key_blob WHERE name = :name RETURNING name")
EVERY_BLOB = statement("every_blob", "SELECT name FROM key_blob ORDER BY name")
