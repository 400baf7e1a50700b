"""Key rotation: what is due, decided without touching anything; then carried out.

A new key is published before it signs and stays published after its last signature, so that no
agency meets a kid it cannot know (OpenID Connect Core section 10.1.1). The one exception is an
algorithm for which nothing signs: its first key signs at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from keys.errors import NoSigningKey, RotationConflict
from keys.jwks.jwk import thumbprint
from keys.jwks.states import KeyRegister, KeyState, RotationPolicy, SigningKey
from keys.vault import KeyHandle, Vault


@dataclass(frozen=True, slots=True)
class Begin:
    """Make a key that signs at once: nothing else signs for this algorithm."""

    algorithm: str


@dataclass(frozen=True, slots=True)
class Stage:
    """Make a key and publish it; it does not sign yet."""

    algorithm: str


@dataclass(frozen=True, slots=True)
class Promote:
    """Let a staged key sign."""

    kid: str


@dataclass(frozen=True, slots=True)
class Retire:
    """Let a key sign no more; it stays published."""

    kid: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Withdraw a key and destroy it."""

    kid: str


Step = Begin | Stage | Promote | Retire | Remove


def plan(keys: Iterable[SigningKey], policy: RotationPolicy, now: datetime) -> tuple[Step, ...]:
    """Say what is due now; pure. Once these steps are carried out, nothing more is due now."""
    keys = tuple(keys)
    steps: list[Step] = [
        Remove(key.kid)
        for key in keys
        if key.state is KeyState.RETIRING and _due(key.removed_at, now)
    ]
    for name in policy.algorithms:
        steps += _succession(name, keys, policy, now)
    for key in keys:
        if key.algorithm not in policy.algorithms:
            steps += _farewell(key)
    return tuple(steps)


def plan_emergency(keys: Iterable[SigningKey], kid: str) -> tuple[Step, ...]:
    """Say how one key goes at once; pure. Raises NoSigningKey if it is not published.

    If it was the active key, the staged one signs now, however short its publication was: an agency
    with an old copy of the JWK Set has to fetch it again.
    """
    keys = tuple(keys)
    lost = next((key for key in keys if key.kid == kid and key.is_published), None)
    if lost is None:
        raise NoSigningKey("no published key has this name")
    if lost.state is not KeyState.ACTIVE:
        return (Remove(kid),)
    staged = _in_state(keys, lost.algorithm, KeyState.STAGED)
    return (Remove(kid), Promote(staged[0].kid) if staged else Begin(lost.algorithm))


async def rotate(
    register: KeyRegister, vault: Vault, policy: RotationPolicy, now: datetime
) -> tuple[Step, ...]:
    """Carry out what is due and return it; a second time changes nothing.

    Raises RotationConflict if somebody else rotated meanwhile; then nothing was changed here.
    """
    version, keys = await register.load()
    steps = plan(keys, policy, now)
    await _carry_out(steps, version, keys, register=register, vault=vault, policy=policy, now=now)
    return steps


async def remove_at_once(
    register: KeyRegister, vault: Vault, policy: RotationPolicy, kid: str, now: datetime
) -> tuple[Step, ...]:
    """Emergency: carry out `plan_emergency`. What the key signed is refused from now on.

    Raises NoSigningKey if no published key has this name, RotationConflict as `rotate` does.
    """
    version, keys = await register.load()
    steps = plan_emergency(keys, kid)
    await _carry_out(steps, version, keys, register=register, vault=vault, policy=policy, now=now)
    return steps


def _succession(
    name: str, keys: Sequence[SigningKey], policy: RotationPolicy, now: datetime
) -> list[Step]:
    active = _in_state(keys, name, KeyState.ACTIVE)
    staged = _in_state(keys, name, KeyState.STAGED)
    if len(active) > 1:
        raise RotationConflict("two active keys for one algorithm")
    if not active:
        return [Promote(staged[0].kid) if staged else Begin(name)]
    ends = active[0].retires_at
    if not staged:
        return [Stage(name)] if _due(ends and ends - policy.stage_for, now) else []
    if _due(ends, now) and _due(staged[0].activates_at, now):
        return [Retire(active[0].kid), Promote(staged[0].kid)]
    return []


def _farewell(key: SigningKey) -> list[Step]:
    """End the life of a key whose algorithm left the policy."""
    if key.state is KeyState.ACTIVE:
        return [Retire(key.kid)]
    # It never signed: nobody can miss it.
    return [Remove(key.kid)] if key.state is KeyState.STAGED else []


async def _carry_out(
    steps: Sequence[Step],
    version: int,
    keys: tuple[SigningKey, ...],
    *,
    register: KeyRegister,
    vault: Vault,
    policy: RotationPolicy,
    now: datetime,
) -> None:
    fresh: list[SigningKey] = []
    try:
        for step in steps:
            if isinstance(step, Begin | Stage):
                handle = await vault.generate(step.algorithm)
                kid = thumbprint(vault.public_key(handle))
                fresh.append(_born(step, kid, handle, policy, now))
        keys = (*_moved(keys, steps, policy, now), *fresh)
        if steps:
            await register.save(version, keys)
    except RotationConflict:
        # Only here is it certain that the register does not name them. After any other failure they
        # stay: a key too many in the vault is harmless, a published key without one is not.
        for key in fresh:
            await vault.destroy(key.handle)
        raise
    # Repeated for every removed key: should we fall between saving and destroying, the next
    # rotation makes good for it.
    for key in keys:
        if key.state is KeyState.REMOVED:
            await vault.destroy(key.handle)


def _born(
    step: Begin | Stage, kid: str, handle: KeyHandle, policy: RotationPolicy, now: datetime
) -> SigningKey:
    if isinstance(step, Begin):
        key = SigningKey(kid, step.algorithm, KeyState.STAGED, handle, now, now)
        return _promoted(key, policy, now)
    return SigningKey(kid, step.algorithm, KeyState.STAGED, handle, now, now + policy.stage_for)


def _moved(
    keys: tuple[SigningKey, ...], steps: Sequence[Step], policy: RotationPolicy, now: datetime
) -> tuple[SigningKey, ...]:
    moves: Mapping[str, Step] = {
        step.kid: step for step in steps if isinstance(step, Promote | Retire | Remove)
    }
    return tuple(_after(key, moves.get(key.kid), policy, now) for key in keys)


def _after(key: SigningKey, step: Step | None, policy: RotationPolicy, now: datetime) -> SigningKey:
    match step:
        case Promote():
            return _promoted(key, policy, now)
        case Retire():
            gone = now + policy.retire_for
            return replace(key, state=KeyState.RETIRING, retires_at=now, removed_at=gone)
        case Remove():
            ended = now if key.state is not KeyState.RETIRING else key.retires_at
            return replace(key, state=KeyState.REMOVED, retires_at=ended, removed_at=now)
        case _:
            return key


def _promoted(key: SigningKey, policy: RotationPolicy, now: datetime) -> SigningKey:
    ends = now + policy.active_for
    return replace(key, state=KeyState.ACTIVE, activates_at=now, retires_at=ends)


def _in_state(keys: Iterable[SigningKey], name: str, state: KeyState) -> list[SigningKey]:
    """Find the keys of one algorithm in one state, the longest published first."""
    found = [key for key in keys if key.algorithm == name and key.state is state]
    return sorted(found, key=lambda key: key.staged_at)


def _due(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
