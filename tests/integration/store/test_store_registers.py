"""The registers that `keys` asks for: signing keys, certificates, wrapped keys."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from builders import NOW, make_card_certificate
from integration.store.furniture import Furniture, good, make_record

from eid.domain import changes as do
from eid.errors import Conflict
from eid.store import StoreDoors, open_store
from keys.errors import RotationConflict, StatusConflict
from keys.jwks.rotation import rotate
from keys.jwks.states import KeyState, RotationPolicy, SigningKey
from keys.pki.register import CertificateStatus, RevocationReason
from keys.vault import KeyHandle
from keys.vault.wrapped import WrappedVault

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
RECORD = make_record(make_card_certificate(serial=2**159 - 1))
GOOD = good(RECORD, b"f" * 32)


def make_key(kid: str, state: KeyState = KeyState.ACTIVE) -> SigningKey:
    return SigningKey(
        kid,
        "ES256",
        state,
        KeyHandle(f"handle-{kid}"),
        NOW,
        NOW + DAY,
        NOW + 2 * DAY,
        NOW + 3 * DAY,
    )


# Signing keys


async def test_the_register_of_keys_begins_empty(doors: StoreDoors) -> None:
    assert await doors.keys.load() == (0, ())


async def test_keys_are_saved_whole_under_a_rising_version(doors: StoreDoors) -> None:
    one, two = make_key("one"), make_key("two", KeyState.REMOVED)
    staged = SigningKey("s", "RS256", KeyState.STAGED, KeyHandle("h"), NOW + DAY, NOW + DAY)
    await doors.keys.save(0, (one, staged))
    assert await doors.keys.load() == (1, (one, staged))
    await doors.keys.save(1, (two,))
    assert await doors.keys.load() == (2, (two,))


@pytest.mark.parametrize("stale", [0, 1, 3, -1])
async def test_a_stale_version_changes_nothing(doors: StoreDoors, stale: int) -> None:
    await doors.keys.save(0, (make_key("one"),))
    await doors.keys.save(1, (make_key("one"), make_key("two")))
    with pytest.raises(RotationConflict):
        await doors.keys.save(stale, ())
    assert await doors.keys.load() == (2, (make_key("one"), make_key("two")))


async def test_a_register_that_never_began_has_no_later_version(doors: StoreDoors) -> None:
    with pytest.raises(RotationConflict):
        await doors.keys.save(4, (make_key("one"),))
    assert await doors.keys.load() == (0, ())


async def test_a_rotation_runs_over_the_store(doors: StoreDoors, database: str) -> None:
    policy = RotationPolicy(timedelta(hours=1), 2 * DAY, DAY, ("ES256",))
    vault = WrappedVault(doors.blobs, b"w" * 32)
    assert await rotate(doors.keys, vault, policy, NOW)
    assert not await rotate(doors.keys, vault, policy, NOW)
    _, (key,) = await doors.keys.load()
    async with open_store(database) as other:  # another process opens what this one made
        theirs = WrappedVault(other.blobs, b"w" * 32)
        assert await theirs.open_all() == (key.handle,)
        assert theirs.public_key(key.handle) == vault.public_key(key.handle)


# Certificates


async def test_a_serial_is_reserved_once(doors: StoreDoors) -> None:
    await doors.certificates.reserve(RECORD)
    assert await doors.certificates.find(RECORD.serial) == RECORD
    assert await doors.certificates.find(1) is None
    with pytest.raises(StatusConflict):
        await doors.certificates.reserve(replace(RECORD, subject="CN=SOMEBODY ELSE"))
    assert await doors.certificates.find(RECORD.serial) == RECORD


async def test_only_a_reserved_record_begins(doors: StoreDoors) -> None:
    with pytest.raises(StatusConflict):
        await doors.certificates.reserve(GOOD)
    assert await doors.certificates.find(GOOD.serial) is None


async def test_a_certificate_goes_through_its_life(doors: StoreDoors) -> None:
    await doors.certificates.reserve(RECORD)
    held = GOOD.held(NOW)
    for newer in (GOOD, held, held.released(), GOOD.revoked(NOW, RevocationReason.SUPERSEDED)):
        await doors.certificates.record(newer)
        assert await doors.certificates.find(RECORD.serial) == newer


async def test_what_was_never_reserved_is_not_recorded(doors: StoreDoors) -> None:
    with pytest.raises(StatusConflict):
        await doors.certificates.record(GOOD)
    assert await doors.certificates.find(GOOD.serial) is None


async def test_revoked_is_for_good__rfc5280_5_3_1(doors: StoreDoors) -> None:
    await doors.certificates.reserve(RECORD)
    held = GOOD.held(NOW)
    await doors.certificates.record(held)
    await doors.certificates.record(held.revoked(NOW, RevocationReason.KEY_COMPROMISE))
    with pytest.raises(StatusConflict):  # decided before, by somebody who did not know
        await doors.certificates.record(held.released())
    found = await doors.certificates.find(RECORD.serial)
    assert found
    assert found.status is CertificateStatus.REVOKED


async def test_the_register_and_the_card_tell_one_truth(
    doors: StoreDoors, furniture: Furniture
) -> None:
    await furniture.account()
    certificate = make_card_certificate()
    await furniture.card(None, certificate)
    record = good(make_record(certificate), certificate.fingerprint)
    assert await doors.certificates.find(certificate.serial) == record
    await doors.certificates.record(record.held(NOW))
    facts = await doors.cards.standing(certificate.fingerprint)
    assert facts
    assert not facts.certificate_good
    await doors.keep([do.RevokeCertificate(certificate.serial, NOW, "superseded")], ())
    found = await doors.certificates.find(certificate.serial)
    assert found
    assert (found.status, found.revoked_at, found.reason) == (
        CertificateStatus.REVOKED,
        NOW,
        RevocationReason.SUPERSEDED,
    )


async def test_a_card_bears_no_certificate_that_the_register_does_not_know(
    doors: StoreDoors, furniture: Furniture
) -> None:
    await furniture.account()
    card = await furniture.card()
    unknown = make_card_certificate(serial=5, fingerprint=b"5" * 32)
    with pytest.raises(Conflict):
        await doors.keep([do.AddCardCertificate(card.id, unknown, b"key")], ())


async def test_a_card_certificate_that_is_only_reserved_is_not_good(
    doors: StoreDoors, furniture: Furniture
) -> None:
    await furniture.account()
    card = await furniture.card()
    certificate = make_card_certificate(
        serial=5, fingerprint=b"5" * 32, not_after=datetime(2030, 1, 1, tzinfo=UTC)
    )
    await doors.certificates.reserve(make_record(certificate))
    await doors.keep([do.AddCardCertificate(card.id, certificate, b"key")], ())
    facts = await doors.cards.standing(certificate.fingerprint)
    assert facts
    assert not facts.certificate_good


# Blobs


async def test_blobs_are_kept_by_name(doors: StoreDoors) -> None:
    blobs = doors.blobs
    assert (await blobs.list(), await blobs.get("a")) == ([], None)
    await blobs.put("b", b"\x00\xff")
    await blobs.put("a", b"")
    assert (list(await blobs.list()), await blobs.get("b")) == (["a", "b"], b"\x00\xff")
    with pytest.raises(Conflict):  # a new blob, never another's place
        await blobs.put("a", b"other")
    await blobs.delete("a")
    await blobs.delete("a")
    assert (list(await blobs.list()), await blobs.get("a")) == (["b"], None)
