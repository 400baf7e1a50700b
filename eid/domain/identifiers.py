"""Names of things. A `HolderId` cannot be passed where an `AccountId` is meant."""

import secrets
from typing import NewType

HolderId = NewType("HolderId", bytes)
AccountId = NewType("AccountId", bytes)
CardId = NewType("CardId", bytes)
ElectronicCardId = NewType("ElectronicCardId", bytes)
CaseId = NewType("CaseId", bytes)
ApplicationId = NewType("ApplicationId", bytes)
MandateId = NewType("MandateId", bytes)
BatchId = NewType("BatchId", bytes)
OrderId = NewType("OrderId", bytes)
NoticeId = NewType("NoticeId", bytes)
GrantId = NewType("GrantId", bytes)
SessionId = NewType("SessionId", bytes)
ClientId = NewType("ClientId", str)
AgencyId = NewType("AgencyId", str)
PersonalNumber = NewType("PersonalNumber", str)
DocumentNumber = NewType("DocumentNumber", str)
CountryCode = NewType("CountryCode", str)

ID_BYTES = 16


def new_id() -> bytes:
    """Sixteen random bytes: nothing can be guessed or counted from an identifier."""
    return secrets.token_bytes(ID_BYTES)
