"""The administrator proves to hold the card management key (NIST SP 800-73-4 part 2, annex A)."""

import hmac
import secrets
from dataclasses import dataclass, field

from chipcard_sim.applications.piv.authenticate import (
    CHALLENGE,
    RESPONSE,
    WITNESS,
    AnswerChallenge,
    AnswerWitness,
    AskChallenge,
    AskWitness,
    ManagementCommand,
    build_answer,
)
from chipcard_sim.chip import ciphers
from chipcard_sim.chip.access import SecurityStatus
from chipcard_sim.chip.ciphers import CipherAlgorithm
from chipcard_sim.chip.memory import Memory, StoredKey
from chipcard_sim.iso7816.status import CardError, StatusWord

MANAGEMENT_KEY = 0x9B
DEFAULT_ALGORITHM = 0x00  # NIST SP 800-78-5, table 6-2: another name of triple DES
RANDOM = 16


@dataclass(frozen=True, slots=True)
class _Waiting:
    """The one answer that the card waits for."""

    tag: int
    expected: bytes = field(repr=False)


class Management:
    """The dialogue between card and administrator.

    The card never encrypts for who has not proven to hold the key: whoever could have his own
    challenge encrypted would have the answer to the card's.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._waiting: _Waiting | None = None

    def forget(self) -> None:
        """Wait for nothing any more."""
        self._waiting = None

    def act(self, command: ManagementCommand, status: SecurityStatus) -> bytes:
        """Go on with the dialogue. What the card waited for is spent, by whatever comes.

        Raises:
            CardError: WRONG_P1P2 for another key or algorithm, WRONG_DATA, or
                SECURITY_STATUS_NOT_SATISFIED for a wrong answer and for one never asked.
        """
        waiting, self._waiting = self._waiting, None
        if command.slot != MANAGEMENT_KEY:
            raise CardError(StatusWord.WRONG_P1P2)
        match command:
            case AskChallenge(algorithm):
                return self._ask_challenge(algorithm)
            case AskWitness(algorithm):
                return self._ask_witness(self._key(algorithm))
            case AnswerChallenge(algorithm, response=response):
                self._key(algorithm)
                _compare(waiting, _Waiting(RESPONSE, response), status)
                return b""
            case AnswerWitness(algorithm, witness=witness, challenge=challenge):
                proof = ciphers.encrypt(self._key(algorithm), challenge)
                _compare(waiting, _Waiting(WITNESS, witness), status)
                return build_answer(RESPONSE, proof)

    def _ask_challenge(self, algorithm: int) -> bytes:
        """Random bytes, for whatever use: OpenSC asks with algorithm 00, whatever the key is."""
        stored = self._stored()
        if algorithm == DEFAULT_ALGORITHM and not _is_of(stored, algorithm):
            return build_answer(CHALLENGE, secrets.token_bytes(RANDOM))
        key = self._key(algorithm)
        challenge = secrets.token_bytes(ciphers.block_size(key))
        self._waiting = _Waiting(RESPONSE, ciphers.encrypt(key, challenge))
        return build_answer(CHALLENGE, challenge)

    def _ask_witness(self, key: StoredKey) -> bytes:
        witness = secrets.token_bytes(ciphers.block_size(key))
        self._waiting = _Waiting(WITNESS, witness)
        return build_answer(WITNESS, ciphers.encrypt(key, witness))

    def _key(self, algorithm: int) -> StoredKey:
        stored = self._stored()
        if stored is None or not _is_of(stored, algorithm):
            raise CardError(StatusWord.WRONG_P1P2)
        return stored

    def _stored(self) -> StoredKey | None:
        return self._memory.read().keys.get(MANAGEMENT_KEY)


def _is_of(stored: StoredKey | None, algorithm: int) -> bool:
    named = CipherAlgorithm.TRIPLE_DES if algorithm == DEFAULT_ALGORITHM else algorithm
    return stored is not None and stored.algorithm == named


def _compare(waiting: _Waiting | None, given: _Waiting, status: SecurityStatus) -> None:
    """Only what was asked, and only once.

    NIST SP 800-73-4 part 1, table 4a gives 9B no retry counter: its keys are not to be guessed.
    """
    is_right = (
        waiting is not None
        and waiting.tag == given.tag
        and hmac.compare_digest(waiting.expected, given.expected)
    )
    if not is_right:
        status.unmanaged()
        raise CardError(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
    status.managed()
