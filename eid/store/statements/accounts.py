"""Holders, accounts, e-ID cards and activation cases."""

from eid.store.statements.fragments import insert, statement

ADD_HOLDER = insert(
    "holder",
    "id, kind, number, full_name, latin_name, born, sex, nationality, phone, email, died, passport,"
    "residence_until, names, founded, representative, dissolved",
)
ADD_MANDATE = insert("mandate", "id, for_whom, by_whom, kind, valid_from, valid_until")
ADD_APPLICATION = insert(
    "application", "id, holder, wanted, received_at, due, status, decided_at, reason"
)
ADD_ACCOUNT = insert(
    "account",
    "id, holder, level, status, opened_at, notified_at, activated_at, locks, version",
)
ADD_ELECTRONIC_CARD = insert("electronic_card", "id, holder, account, status")
ADD_CASE = insert(
    "activation_case",
    "id, account, link_hash, code_hash, attempts_left, self_service_until, status, browser_hash",
)

# Takes the row's lock: a change of the account that is not committed yet is waited for, and wins.
GUARD_STANDING = statement(
    "guard_standing",
    """UPDATE account SET version = version
    WHERE id = :id AND version = :version AND status = 'active'""",
    shared=True,
)
MOVE_ACCOUNT = statement(
    "move_account",
    """UPDATE account SET level = :level, status = :status, notified_at = :notified_at,
        activated_at = :activated_at, locks = :locks, version = version + 1
    WHERE id = :id AND version = :version""",
)
MOVE_ELECTRONIC_CARD = statement(
    "move_electronic_card", "UPDATE electronic_card SET status = :status WHERE id = :id"
)
MOVE_CASE = statement(
    "move_case",
    # An attempt that was taken meanwhile stays taken; only a new link brings new ones (AC-04).
    """UPDATE activation_case SET link_hash = :link_hash, code_hash = :code_hash,
        attempts_left = CASE WHEN link_hash = :link_hash AND attempts_left < :attempts_left
            THEN attempts_left ELSE :attempts_left END,
        self_service_until = :self_service_until,
        status = :status, browser_hash = :browser_hash
    WHERE id = :id AND status = :from_status""",
)

FIND_ACCOUNT = statement(
    "find_account", "SELECT @owner FROM account a @owner_joins WHERE a.id = :id"
)
FIND_ACCOUNT_BY_NUMBER = statement(
    "find_account_by_number",
    """SELECT @owner FROM holder h JOIN account a ON a.holder = h.id
        LEFT JOIN electronic_card e ON e.account = a.id
    WHERE h.number = :number""",
)
FIND_HOLDER = statement("find_holder", "SELECT @holder FROM holder h WHERE h.number = :number")

FIND_CASE = statement(
    "find_case",
    """SELECT @case, @owner, @card FROM activation_case s @case_joins
    WHERE s.link_hash = :link_hash ORDER BY c.profile""",
)
FIND_CASE_BY_ACCOUNT = statement(
    "find_case_by_account",
    """SELECT @case, @owner, @card FROM activation_case s @case_joins
    WHERE s.account = :account ORDER BY c.profile""",
)
TAKE_ATTEMPT = statement(
    "take_attempt",
    """UPDATE activation_case SET attempts_left = attempts_left - 1
    WHERE link_hash = :link_hash AND attempts_left > 0 AND self_service_until > :now
        AND status IN ('open', 'code_accepted')
    RETURNING attempts_left AS left_now""",
)

ACCOUNTS_TO_NOTIFY = statement(
    "accounts_to_notify",
    """SELECT @owner FROM account a @owner_joins
    WHERE a.status = 'approved' AND (
        NOT EXISTS (SELECT 1 FROM chip_card k WHERE k.holder = a.holder)
        OR EXISTS (SELECT 1 FROM chip_card k
                   WHERE k.holder = a.holder AND k.status = 'personalised'))
    ORDER BY a.opened_at, a.id LIMIT :limit""",
)
WINDOWS_PASSED = statement(
    "windows_passed",
    """SELECT @case, @owner, @card FROM activation_case s @case_joins
    WHERE s.id IN (SELECT w.id FROM activation_case w
                   WHERE w.status IN ('open', 'code_accepted') AND w.self_service_until <= :now
                   ORDER BY w.self_service_until, w.id LIMIT :limit)
    ORDER BY s.self_service_until, s.id, c.profile""",
)
