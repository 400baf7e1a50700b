import pytest

from chipcard_sim.chip.access import Condition, SecurityStatus
from chipcard_sim.iso7816.status import CardError


def test_nothing_is_proven_at_first() -> None:
    status = SecurityStatus()
    status.demand(Condition.NONE)
    for condition in (Condition.PIN, Condition.PIN_ALWAYS):
        with pytest.raises(CardError):
            status.demand(condition)


def test_one_verification_is_for_one_use_under_pin_always() -> None:
    status = SecurityStatus()
    status.verified()
    status.demand_for_use(Condition.PIN_ALWAYS)
    with pytest.raises(CardError):
        status.demand_for_use(Condition.PIN_ALWAYS)
    status.demand_for_use(Condition.PIN)


def test_the_use_of_another_key_spends_the_freshness() -> None:
    status = SecurityStatus()
    status.verified()
    status.demand_for_use(Condition.PIN)
    with pytest.raises(CardError):
        status.demand_for_use(Condition.PIN_ALWAYS)


def test_a_refused_use_spends_the_freshness_too() -> None:
    status = SecurityStatus()
    with pytest.raises(CardError):
        status.demand_for_use(Condition.PIN_ALWAYS)
    status.verified()
    status.clear()
    with pytest.raises(CardError):
        status.demand_for_use(Condition.PIN)


def test_holder_and_administrator_prove_different_things() -> None:
    status = SecurityStatus()
    status.verified()
    with pytest.raises(CardError):
        status.demand(Condition.MANAGEMENT)
    status.logged_out()
    status.managed()
    status.demand(Condition.MANAGEMENT)
    with pytest.raises(CardError):
        status.demand(Condition.PIN)


def test_logging_out_is_the_holder_s_alone() -> None:
    status = SecurityStatus()
    status.managed()
    status.logged_out()
    status.demand(Condition.MANAGEMENT)


def test_a_failed_try_ends_what_the_administrator_proved_and_nothing_else() -> None:
    status = SecurityStatus()
    status.managed()
    status.verified()
    status.unmanaged()
    status.demand(Condition.PIN)
    with pytest.raises(CardError):
        status.demand(Condition.MANAGEMENT)


def test_clearing_leaves_nothing() -> None:
    status = SecurityStatus()
    status.managed()
    status.verified()
    status.clear()
    for condition in (Condition.PIN, Condition.PIN_ALWAYS, Condition.MANAGEMENT):
        with pytest.raises(CardError):
            status.demand(condition)
