"""Holders, who may act for them, and what they asked for."""

from eid.domain.application import ApplicationStatus
from eid.domain.holder import Sex
from eid.domain.mandate import MandateKind
from eid.store.tables.columns import Row, moment, octets, one_of, whole, words


class HolderRow(Row, table=True):
    """A citizen, a foreigner or an organisation; `kind` says which columns are filled."""

    __tablename__ = "holder"
    __table_args__ = (one_of("kind", ("citizen", "foreigner", "organisation")), one_of("sex", Sex))

    id: bytes = octets(key=True)
    kind: str = words()
    number: str = words(unique=True)
    full_name: str | None = words()
    latin_name: str | None = words()
    born: str | None = words()
    sex: str | None = words()
    nationality: str | None = words()
    phone: str | None = words()
    email: str | None = words()
    died: str | None = words()
    passport: str | None = words()
    residence_until: str | None = words()
    names: str | None = words()
    founded: str | None = words()
    representative: str | None = words()
    dissolved: str | None = words()


class MandateRow(Row, table=True):
    """Somebody may act for somebody."""

    __tablename__ = "mandate"
    __table_args__ = (one_of("kind", MandateKind),)

    id: bytes = octets(key=True)
    for_whom: bytes = octets("holder.id")
    by_whom: bytes = octets("holder.id")
    kind: str = words()
    valid_from: str = words()
    valid_until: str | None = words()


class ApplicationRow(Row, table=True):
    """The file behind an account."""

    __tablename__ = "application"
    __table_args__ = (one_of("status", ApplicationStatus),)

    id: bytes = octets(key=True)
    holder: bytes = octets("holder.id")
    wanted: int | None = whole()
    received_at: int = moment()
    due: str = words()
    status: str = words()
    decided_at: int | None = moment()
    reason: str | None = words()
