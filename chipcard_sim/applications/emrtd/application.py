"""Typed passport command -> answer."""

from chipcard_sim.applications.emrtd import (
    active_authentication,
    bac,
    chip_authentication,
    pace,
    passwords,
)
from chipcard_sim.applications.emrtd.commands import (
    DYNAMIC_AUTHENTICATION,
    MASTER_FILE,
    AuthenticateStep,
    GetChallenge,
    InternalAuthenticate,
    MutualAuthenticate,
    PassportCommand,
    ReadBinary,
    SelectFile,
    SetChipAuthentication,
    SetPace,
    read_command,
)
from chipcard_sim.applications.emrtd.files import Directory, Files
from chipcard_sim.applications.emrtd.passwords import MRZ
from chipcard_sim.chip.access import SecurityStatus
from chipcard_sim.chip.application import Quirk
from chipcard_sim.chip.memory import Memory
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.iso7816.status import CardError, StatusWord

AID = bytes.fromhex("A0000002471001")
FILE_CONTROL = 0x6F
SIZE = 0x80
IDENTIFIER = 0x83
NAME = 0x84
FAR_DATA = 0x53

Begun = (
    bac.Challenged
    | pace.Chosen
    | pace.Nonced
    | pace.Mapped
    | pace.Agreed
    | chip_authentication.Chosen
)


class PassportApplication:
    """The eMRTD application. It is there once the card has been given its files."""

    aid = AID

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._files = Files(memory)
        self._begun: Begun | None = None

    def is_present(self) -> bool:
        """Whether the card is a passport at all."""
        return bool(self._memory.read().files)

    def select(self, command: Command, status: SecurityStatus) -> bytes:
        """Answer with the application's name.

        Raises:
            CardError: NOT_FOUND on a card without files.
        """
        del command, status
        if not self.is_present():
            raise CardError(StatusWord.NOT_FOUND)
        self._begun = None
        self._files.enter(Directory.PASSPORT)
        return tlv.build(FILE_CONTROL, tlv.build(NAME, AID))

    def deselect(self) -> None:
        """Forget what was begun and where the reader stood."""
        self._begun = None
        self._files.enter(Directory.MASTER)

    def process(self, command: Command, status: SecurityStatus) -> bytes:
        """Carry out a passport command."""
        # Whatever comes, it takes what was begun: nonces, challenges and keys serve once.
        begun, self._begun = self._begun, None
        return self._act(read_command(command), begun, status)

    def _act(  # noqa: PLR0911 - one line each
        self, command: PassportCommand, begun: Begun | None, status: SecurityStatus
    ) -> bytes:
        match command:
            case SelectFile():
                return self._select_file(command, status)
            case ReadBinary():
                return self._read(command, status)
            case GetChallenge():
                return self._challenge(status)
            case MutualAuthenticate():
                return self._authenticate(command, begun, status)
            case SetPace():
                return self._begin_pace(command, status)
            case SetChipAuthentication():
                return self._begin_chip_authentication(command, status)
            case AuthenticateStep():
                return tlv.build(DYNAMIC_AUTHENTICATION, self._step(command, begun, status))
            case InternalAuthenticate(challenge):
                self._demand_session(status)
                key = self._memory.read().keys.get(active_authentication.SLOT)
                return active_authentication.sign(key, challenge)

    def _select_file(self, command: SelectFile, status: SecurityStatus) -> bytes:
        content = b""
        if command.identifier == MASTER_FILE:
            self._enter_master_file(status)
        else:
            content = self._files.select(command.identifier, is_open=status.messaging is not None)
        if not command.is_told:
            return b""
        size = tlv.build(SIZE, len(content).to_bytes(4, "big")) if content else b""
        name = tlv.build(IDENTIFIER, command.identifier.to_bytes(2, "big"))
        return tlv.build(FILE_CONTROL, size + name)

    def _enter_master_file(self, status: SecurityStatus) -> None:
        if Quirk.VN in status.quirks:
            raise CardError(StatusWord.INSTRUCTION_UNKNOWN)
        self._files.enter(Directory.MASTER)

    def _read(self, command: ReadBinary, status: SecurityStatus) -> bytes:
        is_open = status.messaging is not None
        rest = self._files.read(command.identifier, command.offset, is_open=is_open)
        if not command.is_far:
            return rest[: command.size]
        return _framed(rest, command.size)

    # Basic access control

    def _challenge(self, status: SecurityStatus) -> bytes:
        self._demand_no_session(status)
        if self._files.directory is not Directory.PASSPORT:
            raise CardError(StatusWord.CONDITIONS_NOT_SATISFIED)
        self._begun = begun = bac.begin()
        return begun.challenge

    def _authenticate(
        self, command: MutualAuthenticate, begun: Begun | None, status: SecurityStatus
    ) -> bytes:
        if not isinstance(begun, bac.Challenged):
            raise CardError(StatusWord.CONDITIONS_NOT_SATISFIED)
        secret = passwords.secret_of(self._memory.read(), MRZ, status.quirks)
        answer, session = bac.authenticate(begun, command, secret)
        status.start_messaging(session)
        return answer

    # PACE and chip authentication

    def _begin_pace(self, command: SetPace, status: SecurityStatus) -> bytes:
        self._demand_no_session(status)
        secret = passwords.secret_of(self._memory.read(), command.password, status.quirks)
        self._begun = pace.begin(command.mechanism, command.parameter, secret)
        return b""

    def _begin_chip_authentication(
        self, command: SetChipAuthentication, status: SecurityStatus
    ) -> bytes:
        self._demand_session(status)
        self._begun = chip_authentication.begin(command.mechanism)
        return b""

    def _step(
        self, command: AuthenticateStep, begun: Begun | None, status: SecurityStatus
    ) -> bytes:
        """One step of what was begun; a field out of turn is refused, and all is forgotten."""
        match begun, command.tag:
            case pace.Chosen(), None:
                answer, self._begun = begun.give_nonce()
                return tlv.build(0x80, answer)
            case pace.Nonced(), 0x81:
                answer, self._begun = begun.map(command.value)
                return tlv.build(0x82, answer)
            case pace.Mapped(), 0x83:
                answer, self._begun = begun.agree(command.value)
                return tlv.build(0x84, answer)
            case pace.Agreed(), 0x85:
                answer, session = begun.confirm(command.value)
                status.start_messaging(session)
                return tlv.build(0x86, answer)
            case chip_authentication.Chosen(), 0x80:
                self._demand_session(status)
                key = self._memory.read().keys.get(chip_authentication.SLOT)
                status.start_messaging(chip_authentication.agree(key, command.value))
                return b""
        raise CardError(StatusWord.CONDITIONS_NOT_SATISFIED)

    def _demand_session(self, status: SecurityStatus) -> None:
        """The chip's keys serve who has proven to see the document, in the application."""
        if status.messaging is None:
            raise CardError(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        if self._files.directory is not Directory.PASSPORT:
            raise CardError(StatusWord.CONDITIONS_NOT_SATISFIED)

    def _demand_no_session(self, status: SecurityStatus) -> None:
        """Access is opened once; a new attempt starts with a plain command."""
        if status.messaging is not None:
            raise CardError(StatusWord.CONDITIONS_NOT_SATISFIED)


def _framed(content: bytes, size: int) -> bytes:
    """As much of the content as its template may hold within so many bytes."""
    for frame, most in ((2, 0x7F), (3, 0xFF), (4, 0xFFFF)):
        if 0 < size - frame <= most:
            return tlv.build(FAR_DATA, content[: size - frame])
    raise CardError(StatusWord.WRONG_LENGTH)
