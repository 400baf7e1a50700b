"""Challenges, sessions, pending requests, grants, codes, tokens, consent, replay marks."""

from eid.store.statements.fragments import insert, statement

ADD_CHALLENGE = insert("challenge", "nonce, purpose, origin, bound_to, issued_at, expires_at")
SPEND_CHALLENGE = statement(
    "spend_challenge",
    """UPDATE challenge SET spent_at = :now
    WHERE nonce = :nonce AND purpose = :purpose AND bound_to = :bound_to AND spent_at IS NULL
    RETURNING nonce, purpose, origin, bound_to, issued_at, expires_at""",
)

ADD_SESSION = insert(
    "login_session", "id, handle_hash, account, events, started_at, idle_until, ends_at"
)
END_SESSION = statement(
    "end_session", "UPDATE login_session SET ended_at = :at WHERE id = :id AND ended_at IS NULL"
)
END_SESSIONS_OF = statement(
    "end_sessions_of",
    "UPDATE login_session SET ended_at = :at WHERE account = :account AND ended_at IS NULL",
    may_miss=True,
)
TOUCH_SESSION = statement(
    "touch_session",
    "UPDATE login_session SET idle_until = :idle_until WHERE id = :id AND ended_at IS NULL",
)
SIGN_ON = statement(
    "sign_on",
    """SELECT @session, @owner, @consent FROM login_session s
        JOIN account a ON a.id = s.account @owner_joins
        LEFT JOIN consent t ON t.account = s.account AND t.client = :client
    WHERE s.handle_hash = :handle_hash AND s.ended_at IS NULL
        AND s.idle_until > :now AND s.ends_at > :now""",
)

ADD_PENDING = insert(
    "pending_authorization",
    "id_hash, browser_hash, client, redirect_uri, scope, claims, state, nonce, code_challenge,"
    "prompt, wanted, fresh_since, max_age, subject, ui_locales, created_at, expires_at",
)
FINISH_PENDING = statement(
    "finish_pending",
    """UPDATE pending_authorization SET finished_at = :at
    WHERE id_hash = :id_hash AND finished_at IS NULL""",
)
FIND_PENDING = statement(
    "find_pending",
    """SELECT id_hash, browser_hash, client, redirect_uri, scope, claims, state, nonce,
        code_challenge, prompt, wanted, fresh_since, max_age, subject, ui_locales, created_at,
        expires_at
    FROM pending_authorization
    WHERE id_hash = :id_hash AND browser_hash = :browser_hash AND finished_at IS NULL
        AND expires_at > :now""",
)

SAVE_CONSENT = insert(
    "consent",
    "account, client, asked, given, given_at",
    """ON CONFLICT (account, client) DO UPDATE
    SET asked = excluded.asked, given = excluded.given, given_at = excluded.given_at""",
)

ADD_GRANT = insert(
    "token_grant",
    "id, client, account, session, scope, claims, level, amr, authenticated_at, granted_at",
)
# A grant that ended before keeps its first end.
REVOKE_GRANT = statement(
    "revoke_grant", "UPDATE token_grant SET revoked_at = COALESCE(revoked_at, :at) WHERE id = :id"
)
ADD_CODE = insert(
    "authorization_code", "hash, grant_id, client, redirect_uri, code_challenge, nonce, expires_at"
)
SPEND_CODE = statement(
    "spend_code",
    """UPDATE authorization_code SET spent_at = :now
    WHERE hash = :hash AND client = :client AND spent_at IS NULL AND expires_at > :now
    RETURNING spent_at""",
)
CODE_FACTS = statement(
    "code_facts",
    """SELECT o.hash AS code_hash, o.redirect_uri, o.code_challenge, o.nonce,
        o.expires_at AS code_expires_at, @grant, g.revoked_at AS grant_revoked_at,
        s.ended_at AS session_ended_at, @owner
    FROM authorization_code o JOIN token_grant g ON g.id = o.grant_id
        JOIN login_session s ON s.id = g.session
        JOIN account a ON a.id = g.account @owner_joins
    WHERE o.hash = :hash""",
)
FIND_SPENT_CODE = statement(
    "find_spent_code",
    """SELECT grant_id FROM authorization_code
    WHERE hash = :hash AND client = :client AND spent_at IS NOT NULL""",
)

# A replay may revoke the grant between the spend and this: then the token is dead on arrival, for
# every look at it asks the grant. So one of many racers has an answer, and none has a live token.
ADD_TOKEN = insert("access_token", "hash, grant_id, expires_at")
FIND_TOKEN = statement(
    "find_token",
    """SELECT t.expires_at AS token_expires_at, @grant, @owner
    FROM access_token t JOIN token_grant g ON g.id = t.grant_id
        JOIN login_session s ON s.id = g.session
        JOIN account a ON a.id = g.account @owner_joins
    WHERE t.hash = :hash AND t.expires_at > :now AND g.revoked_at IS NULL
        AND s.ended_at IS NULL""",
)

ADD_REPLAY_MARK = insert("replay_mark", "key, expires_at")
