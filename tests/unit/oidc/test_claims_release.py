"""What an agency may learn: the table of claims, and the way they are released."""

import pytest
from builders import make_citizen, make_client, make_foreigner, make_organisation

from eid.domain.holder import Contact, Holder, PersonName, Sex
from eid.oidc.claims import CLAIMS, SCOPES, asked_claims, asked_scopes, release

EVERYTHING = frozenset(CLAIMS)

TABLE: list[tuple[Holder, dict[str, object]]] = [
    (
        make_citizen(sex=Sex.MALE),
        {
            "name": "Nguyễn Thị Mẫu",
            "birthdate": "1990-01-15",
            "gender": "male",
            "nationality": "VNM",
            "personal_number": "001190000001",
            "phone_number": "+84900000001",
            "phone_number_verified": True,
        },
    ),
    (
        make_foreigner(),
        {
            "name": "Jane Sample",
            "birthdate": "1985-06-01",
            "gender": "female",
            "nationality": "UTO",
            "personal_number": "F00000000001",
            "phone_number": "+84900000002",
            "phone_number_verified": True,
            "email": "jane@example.test",
            "email_verified": False,
        },
    ),
    (
        make_organisation(),
        {
            "name": "Công ty Mẫu",
            "personal_number": "O00000000001",
            "email": "office@example.test",
            "email_verified": False,
        },
    ),
]


@pytest.mark.parametrize(("holder", "expected"), TABLE)
def test_release_table(holder: Holder, expected: dict[str, object]) -> None:
    assert release(CLAIMS, EVERYTHING, holder) == expected


@pytest.mark.parametrize("name", CLAIMS)
def test_nothing_without_consent_and_nothing_unasked__RS_05(name: str) -> None:
    holder = make_foreigner()
    assert release(CLAIMS, frozenset({name}), holder).keys() == {name}
    assert release([name], EVERYTHING, holder).keys() == {name}
    assert release([name], EVERYTHING - {name}, holder) == {}


def test_nothing_empty_is_released__CF_29() -> None:
    holder = make_citizen(name=PersonName("", ""), contact=Contact(None, ""))
    assert (
        not {"name", "email", "email_verified", "phone_number"}
        & release(CLAIMS, EVERYTHING, holder).keys()
    )


def test_an_organisation_without_a_vietnamese_name_has_its_first() -> None:
    assert release(["name"], EVERYTHING, make_organisation(names={"en": "A"})) == {"name": "A"}


def test_every_claim_has_its_scope() -> None:
    assert SCOPES[0] == "openid"
    assert {row.scope for row in CLAIMS.values()} == set(SCOPES) - {"openid"}


def test_asked_is_what_is_known_and_registered__AZ_18_AZ_19() -> None:
    client = make_client(scopes=frozenset({"openid", "profile", "email"}))
    scopes = asked_scopes("openid email x claim:name phone", client)
    assert scopes == ("openid", "email")
    asked = asked_claims(scopes, ["name", "phone_number", "banana"], client)
    assert asked == ("name", "email", "email_verified")
