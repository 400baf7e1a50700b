"""What statements are made of: the columns and joins that several of them share."""

import re

from eid.store.drivers import Statement

FRAGMENTS = {
    "holder": """h.id AS holder_id, h.kind AS holder_kind, h.number AS holder_number, h.full_name,
        h.latin_name, h.born, h.sex, h.nationality, h.phone, h.email, h.died, h.passport,
        h.residence_until, h.names AS holder_names, h.founded, h.representative, h.dissolved""",
    "owner": """a.id AS account_id, a.level AS account_level, a.status AS account_status,
        a.opened_at, a.notified_at, a.activated_at, a.locks, a.version AS account_version,
        e.id AS electronic_id, e.status AS electronic_status, @holder""",
    "owner_joins": """JOIN holder h ON h.id = a.holder
        LEFT JOIN electronic_card e ON e.account = a.id""",
    "card": """k.id AS card_id, k.holder AS card_holder, k.document_number,
        k.status AS card_status, k.issued, k.valid_until, c.serial AS certificate_serial,
        c.profile AS certificate_profile, c.fingerprint AS certificate_fingerprint,
        c.not_after AS certificate_not_after, r.status AS certificate_status""",
    # One row for each certificate on the card.
    "card_joins": """LEFT JOIN card_certificate c ON c.card = k.id
        LEFT JOIN certificate r ON r.serial = c.serial""",
    "newest_card": """(SELECT n.id FROM chip_card n WHERE n.holder = h.id ORDER BY n.issued DESC,
        COALESCE((SELECT b.requested_at FROM card_order b WHERE b.card = n.id), 0) DESC, n.id DESC
        LIMIT 1)""",
    "order": """o.id AS order_id, o.status AS order_status, o.requested_at, o.document""",
    "case": """s.id AS case_id, s.account AS case_account, s.link_hash, s.code_hash,
        s.attempts_left, s.self_service_until, s.status AS case_status, s.browser_hash""",
    "case_joins": """JOIN account a ON a.id = s.account @owner_joins
        LEFT JOIN chip_card k ON k.id = @newest_card @card_joins""",
    "session": """s.id AS session_id, s.handle_hash, s.account AS session_account,
        s.events AS session_events, s.started_at, s.idle_until, s.ends_at""",
    "grant": """g.id AS grant_id, g.client AS grant_client, g.account AS grant_account,
        g.session AS grant_session, g.scope, g.claims, g.level AS grant_level, g.amr,
        g.authenticated_at, g.granted_at""",
    "consent": """t.asked AS consent_asked, t.given AS consent_given,
        t.given_at AS consent_given_at, t.client AS consent_client""",
}

FRAGMENT = re.compile(r"@([a-z_]+)")
CHANGES = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+([a-z_]+)")


def statement(name: str, sql: str, *, may_miss: bool = False, shared: bool = False) -> Statement:
    """Name an SQL text; which table it changes is read from the text."""
    whole = " ".join(_spelt_out(sql).split())
    changes = CHANGES.match(whole)
    table = changes[1] if changes else ""
    return Statement(name, whole, table, may_miss=may_miss, shared=shared)


def insert(table: str, columns: str, on_conflict: str = "", *, shared: bool = False) -> Statement:
    """A new row; the values have the columns' names."""
    values = ", ".join(f":{column.strip()}" for column in columns.split(","))
    sql = f"INSERT INTO {table}({columns}) VALUES ({values}) {on_conflict}"  # noqa: S608 - our own words
    return statement(f"add_{table}", sql, shared=shared)


def _spelt_out(sql: str) -> str:
    while FRAGMENT.search(sql):
        sql = FRAGMENT.sub(lambda match: FRAGMENTS[match[1]], sql)
    return sql
