"""Chip cards, their orders, certificates and documents, and the register of certificates."""

from eid.store.statements.fragments import insert, statement

ADD_CHIP_CARD = insert("chip_card", "id, holder, document_number, status, issued, valid_until")
ADD_CARD_ORDER = insert("card_order", "id, card, status, requested_at, document")
ADD_CARD_CERTIFICATE = insert(
    "card_certificate", "serial, card, profile, fingerprint, not_after, public_key_hash"
)
ADD_CARD_DOCUMENT = insert("card_document", "fingerprint, card, active_key_hash, made_at")

MOVE_CHIP_CARD = statement(
    "move_chip_card",
    "UPDATE chip_card SET status = :status WHERE id = :id AND status = :from_status",
)
MOVE_CARD_ORDER = statement(
    "move_card_order",
    "UPDATE card_order SET status = :status WHERE id = :id AND status = :from_status",
)
FINISH_CARD_ORDER = statement(
    "finish_card_order",
    """UPDATE card_order SET status = 'completed', document = :document
    WHERE id = :id AND status = 'keyed'""",
)

STANDING = statement(
    "card_standing",
    """SELECT @card, @owner FROM card_certificate m JOIN chip_card k ON k.id = m.card @card_joins
        JOIN account a ON a.holder = k.holder @owner_joins
    WHERE m.fingerprint = :fingerprint ORDER BY c.profile""",
)
DOCUMENT_STANDING = statement(
    "document_standing",
    """SELECT @card, @owner FROM card_document d JOIN chip_card k ON k.id = d.card @card_joins
        JOIN account a ON a.holder = k.holder @owner_joins
    WHERE d.fingerprint = :fingerprint ORDER BY c.profile""",
)
FIND_BY_HOLDER = statement(
    "find_card_by_holder",
    """SELECT @card, @owner FROM holder h JOIN account a ON a.holder = h.id
        LEFT JOIN electronic_card e ON e.account = a.id
        JOIN chip_card k ON k.id = @newest_card @card_joins
    WHERE h.number = :number ORDER BY c.profile""",
)
FIND_ORDER = statement(
    "find_order",
    """SELECT @order, @card, @owner FROM card_order o JOIN chip_card k ON k.id = o.card @card_joins
        JOIN account a ON a.holder = k.holder @owner_joins
    WHERE o.id = :id ORDER BY c.profile""",
)
REQUESTED_ORDERS = statement(
    "requested_orders",
    """SELECT @order, @card, @owner FROM card_order o JOIN chip_card k ON k.id = o.card @card_joins
        JOIN account a ON a.holder = k.holder @owner_joins
    WHERE o.id IN (SELECT w.id FROM card_order w
                   WHERE w.status = 'requested' AND w.id > :after ORDER BY w.id LIMIT :limit)
    ORDER BY o.id, c.profile""",
)
CARDS_EXPIRED = statement(
    "cards_expired",
    """SELECT @card, @owner FROM chip_card k @card_joins
        JOIN account a ON a.holder = k.holder @owner_joins
    WHERE k.id IN (SELECT w.id FROM chip_card w
                   WHERE w.status IN ('personalised', 'active', 'suspended')
                       AND w.valid_until < :today
                   ORDER BY w.valid_until, w.id LIMIT :limit)
    ORDER BY k.valid_until, k.id, c.profile""",
)

RESERVE_CERTIFICATE = insert(
    "certificate",
    "serial, profile, subject, not_before, not_after, status, fingerprint, revoked_at, reason",
)
# Revoked is for good: a newer state that was decided before the revocation comes too late.
RECORD_CERTIFICATE = statement(
    "record_certificate",
    """UPDATE certificate SET status = :status, fingerprint = :fingerprint,
        revoked_at = :revoked_at, reason = :reason
    WHERE serial = :serial AND status <> 'REVOKED'""",
)
REVOKE_CERTIFICATE = statement(
    "revoke_certificate",
    """UPDATE certificate SET status = 'REVOKED', revoked_at = :at, reason = :reason
    WHERE serial = :serial AND status <> 'REVOKED'""",
)
FIND_CERTIFICATE = statement(
    "find_certificate",
    """SELECT serial, profile, subject, not_before, not_after, status, fingerprint, revoked_at,
        reason
    FROM certificate WHERE serial = :serial""",
)
# Page by page, and without those that ended anyway (RFC 5280, 5.1.2.6).
BARRED_CERTIFICATES = statement(
    "barred_certificates",
    """SELECT serial, profile, subject, not_before, not_after, status, fingerprint, revoked_at,
        reason
    FROM certificate
    WHERE status IN ('HELD', 'REVOKED') AND not_after >= :now AND serial > :after
    ORDER BY serial LIMIT :limit""",
)
