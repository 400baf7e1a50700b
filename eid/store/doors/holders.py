"""Holders: nouns to columns and back."""

from typing import assert_never

from eid.domain.application import Application
from eid.domain.holder import Citizen, Contact, Foreigner, Holder, Organisation, PersonName, Sex
from eid.domain.identifiers import CountryCode, HolderId, PersonalNumber
from eid.domain.mandate import Mandate
from eid.store.doors.columns import as_json, day, day_or_none, from_json, iso, micros
from eid.store.drivers import Row, Value, Values

CITIZEN, FOREIGNER, ORGANISATION = "citizen", "foreigner", "organisation"


def holder_values(holder: Holder) -> Values:
    """The columns of table `holder`; those of the other kinds are empty."""
    common: dict[str, Value] = {
        "id": holder.id,
        "number": holder.number,
        "phone": holder.contact.phone,
        "email": holder.contact.email,
        **dict.fromkeys(("full_name", "latin_name", "born", "sex", "nationality")),
        **dict.fromkeys(("died", "passport", "residence_until")),
        **dict.fromkeys(("names", "founded", "representative", "dissolved")),
    }
    match holder:
        case Citizen():
            return common | _person(holder) | {"kind": CITIZEN, "died": iso(holder.died)}
        case Foreigner():
            residence = {
                "passport": holder.passport,
                "residence_until": iso(holder.residence_until),
            }
            return common | _person(holder) | residence | {"kind": FOREIGNER}
        case Organisation():
            return common | {
                "kind": ORGANISATION,
                "names": as_json(holder.names),
                "founded": iso(holder.founded),
                "representative": holder.representative,
                "dissolved": iso(holder.dissolved),
            }
        case _:
            assert_never(holder)


def _person(holder: Citizen | Foreigner) -> dict[str, Value]:
    return {
        "full_name": holder.name.full,
        "latin_name": holder.name.latin,
        "born": iso(holder.born),
        "sex": holder.sex.value,
        "nationality": holder.nationality,
    }


def read_holder(row: Row) -> Holder:
    """A holder from the columns of the fragment `holder`."""
    kind = row["holder_kind"]
    if kind == CITIZEN:
        return _read_citizen(row)
    if kind == FOREIGNER:
        return _read_foreigner(row)
    return _read_organisation(row)


def _read_citizen(row: Row) -> Citizen:
    return Citizen(
        id=HolderId(row["holder_id"]),
        number=PersonalNumber(row["holder_number"]),
        name=PersonName(row["full_name"], row["latin_name"]),
        born=day(row["born"]),
        sex=Sex(row["sex"]),
        nationality=CountryCode(row["nationality"]),
        contact=Contact(row["phone"], row["email"]),
        died=day_or_none(row["died"]),
    )


def _read_foreigner(row: Row) -> Foreigner:
    return Foreigner(
        id=HolderId(row["holder_id"]),
        number=row["holder_number"],
        name=PersonName(row["full_name"], row["latin_name"]),
        born=day(row["born"]),
        sex=Sex(row["sex"]),
        nationality=CountryCode(row["nationality"]),
        contact=Contact(row["phone"], row["email"]),
        passport=row["passport"],
        residence_until=day(row["residence_until"]),
    )


def _read_organisation(row: Row) -> Organisation:
    return Organisation(
        id=HolderId(row["holder_id"]),
        number=row["holder_number"],
        names=from_json(row["holder_names"]),
        founded=day(row["founded"]),
        representative=row["representative"],
        contact=Contact(row["phone"], row["email"]),
        dissolved=day_or_none(row["dissolved"]),
    )


def mandate_values(mandate: Mandate) -> Values:
    """The columns of table `mandate`."""
    return {
        "id": mandate.id,
        "for_whom": mandate.for_whom,
        "by_whom": mandate.by,
        "kind": mandate.kind.value,
        "valid_from": iso(mandate.valid_from),
        "valid_until": iso(mandate.valid_until),
    }


def application_values(application: Application) -> Values:
    """The columns of table `application`."""
    return {
        "id": application.id,
        "holder": application.holder,
        "wanted": None if application.wanted is None else application.wanted.value,
        "received_at": micros(application.received_at),
        "due": iso(application.due),
        "status": application.status.value,
        "decided_at": micros(application.decided_at),
        "reason": application.reason,
    }
