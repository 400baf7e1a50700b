"""Batches, the outbox, the audit trail, and what time sweeps away."""

from eid.store.statements.fragments import insert, statement

ADD_BATCH = insert("batch", "id, received_at, received_by")
ADD_BATCH_LINE = insert("batch_line", "batch, number, text, status, reason")
FINISH_BATCH_LINE = statement(
    "finish_batch_line",
    """UPDATE batch_line SET status = :status, reason = :reason, text = ''
    WHERE batch = :batch AND number = :number AND status = 'accepted'""",
)
FIND_BATCH = statement("find_batch", "SELECT id FROM batch WHERE id = :id")
UNFINISHED = statement(
    "unfinished_lines",
    """SELECT batch, number, text, status, reason FROM batch_line
    WHERE batch = :batch AND status = 'accepted' ORDER BY number LIMIT :limit""",
)
COUNTS = statement(
    "count_lines",
    """SELECT status, COUNT(*) AS lines FROM batch_line WHERE batch = :batch
    GROUP BY status""",
)
REJECTED = statement(
    "rejected_lines",
    """SELECT batch, number, text, status, reason FROM batch_line
    WHERE batch = :batch AND status = 'rejected' ORDER BY number""",
)

QUEUE_NOTICE = insert(
    "outbox", "id, account, channel, template, sealed, created_at, attempts, due_at"
)
# Asked once more outside: whoever waited for a rival's claim sees that the row is due no longer.
CLAIM_NOTICES = statement(
    "claim_notices",
    """UPDATE outbox SET due_at = :until, attempts = attempts + 1
    WHERE due_at <= :now AND id IN (SELECT w.id FROM outbox w WHERE w.due_at <= :now
                                    ORDER BY w.due_at, w.id LIMIT :limit)
    RETURNING id, account, channel, template, sealed, created_at, attempts""",
)
NOTICE_DONE = statement(
    "notice_done",
    "UPDATE outbox SET due_at = NULL, done_at = :now, sealed = NULL WHERE id = :id",
)
RETRY_NOTICE = statement(
    "retry_notice", "UPDATE outbox SET due_at = :at WHERE id = :id AND done_at IS NULL"
)

ADD_EVENT = insert("audit_event", "id, kind, at, trace, account, body")
EVENTS_BEFORE = statement(
    "events_before",
    """SELECT id, kind, at, trace, account, body FROM audit_event
    WHERE id < :before ORDER BY id DESC LIMIT :limit""",
)
EVENTS_AFTER = statement(
    "events_after",
    """SELECT id, kind, at, trace, account, body FROM audit_event
    WHERE id > :after ORDER BY id LIMIT :limit""",
)
EVENTS_OF_CASE = statement(
    "events_of_case",
    """SELECT id, kind, at, trace, account, body FROM audit_event
    WHERE trace = :trace AND id > :after ORDER BY id LIMIT :limit""",
)

PURGE = (
    statement(
        "purge_tokens",
        """DELETE FROM access_token WHERE hash IN (
            SELECT w.hash FROM access_token w WHERE w.expires_at <= :now LIMIT :limit)
        RETURNING 1 AS gone""",
    ),
    # A spent code is remembered while a token lives that grew from it: its replay revokes that.
    statement(
        "purge_codes",
        """DELETE FROM authorization_code WHERE hash IN (
            SELECT w.hash FROM authorization_code w WHERE w.expires_at <= :now
                AND NOT EXISTS (SELECT 1 FROM access_token t
                                WHERE t.grant_id = w.grant_id AND t.expires_at > :now)
            LIMIT :limit)
        RETURNING 1 AS gone""",
    ),
    statement(
        "purge_pendings",
        """DELETE FROM pending_authorization WHERE id_hash IN (
            SELECT w.id_hash FROM pending_authorization w WHERE w.expires_at <= :now LIMIT :limit)
        RETURNING 1 AS gone""",
    ),
    statement(
        "purge_challenges",
        """DELETE FROM challenge WHERE nonce IN (
            SELECT w.nonce FROM challenge w WHERE w.expires_at <= :now LIMIT :limit)
        RETURNING 1 AS gone""",
    ),
    statement(
        "purge_marks",
        """DELETE FROM replay_mark WHERE key IN (
            SELECT w.key FROM replay_mark w WHERE w.expires_at <= :now LIMIT :limit)
        RETURNING 1 AS gone""",
    ),
)
