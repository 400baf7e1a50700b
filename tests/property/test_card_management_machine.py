from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from unit.chipcard_sim.cards import PIV, WRONG_PIN, open_card, send, state_of, verify
from unit.chipcard_sim.piv_cards import (
    BLOCKS,
    WRONG_KEY,
    answer,
    authenticate,
    decrypted,
    encrypted,
    put,
    selected,
)

OBJECT, TAG = 0x5FC106, "5FC106"
PASSPORT = "00A4040C07A0000002471001"
CHALLENGE, WITNESS = 0x81, 0x80


class Administrator(RuleBasedStateMachine):
    """A card beside a model of it: the one answer it waits for, and what was proven with it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "chip"
        self.waiting: tuple[int, bytes] | None = None
        self.is_managed = False
        self.content: bytes | None = None
        self.answers = [bytes(8), bytes(16)]  # every answer that was right once

    @initialize(algorithm=st.sampled_from(list(BLOCKS)))
    def issue(self, algorithm: int) -> None:
        self.algorithm = algorithm
        self.card = selected(self.path, management=algorithm)
        self.key = state_of(self.path).keys[0x9A]

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule()
    def ask_for_a_challenge(self) -> None:
        challenge = answer(self.card, self.algorithm, 0x9B, (CHALLENGE, b""), tag=CHALLENGE)
        self.waiting = (CHALLENGE, encrypted(self.algorithm, challenge))
        self.answers.append(self.waiting[1])

    @rule()
    def ask_for_a_witness(self) -> None:
        witness = answer(self.card, self.algorithm, 0x9B, (WITNESS, b""), tag=WITNESS)
        self.waiting = (WITNESS, decrypted(self.algorithm, witness))
        self.answers.append(self.waiting[1])

    @rule(flow=st.sampled_from([CHALLENGE, WITNESS]))
    def answer_rightly(self, flow: int) -> None:
        self.answer(flow, self.waiting[1] if self.waiting else bytes(BLOCKS[self.algorithm]))

    @rule(flow=st.sampled_from([CHALLENGE, WITNESS]), data=st.data())
    def answer_with_an_old_answer(self, flow: int, data: st.DataObject) -> None:
        self.answer(flow, data.draw(st.sampled_from(self.answers)))

    @rule(flow=st.sampled_from([CHALLENGE, WITNESS]), given=st.binary(min_size=1, max_size=17))
    def answer_anything(self, flow: int, given: bytes) -> None:
        self.answer(flow, given)

    @rule()
    def answer_by_another_key(self) -> None:
        challenge = answer(self.card, self.algorithm, 0x9B, (CHALLENGE, b""), tag=CHALLENGE)
        wrong = (WRONG_KEY * 2)[: {0x03: 24, 0x08: 16, 0x0A: 24, 0x0C: 32}[self.algorithm]]
        response = encrypted(self.algorithm, challenge, wrong)
        assert authenticate(self.card, self.algorithm, 0x9B, (0x82, response)) == "6982"
        self.waiting, self.is_managed = None, False

    def answer(self, flow: int, given: bytes) -> None:
        """The card says 9000 to the one answer it waits for, and to nothing else."""
        is_right = self.waiting == (flow, given)
        mutual = ((0x80, given), (0x81, bytes(BLOCKS[self.algorithm])))
        fields = mutual if flow == WITNESS else ((0x82, given),)
        status = authenticate(self.card, self.algorithm, 0x9B, *fields)
        assert status == ("9000" if is_right else "6982")
        self.waiting, self.is_managed = None, is_right

    @rule(content=st.binary(min_size=1, max_size=20))
    def write(self, content: bytes) -> None:
        assert put(self.card, TAG, content) == ("9000" if self.is_managed else "6982")
        if self.is_managed:
            self.content = content

    @rule()
    def delete(self) -> None:
        assert put(self.card, TAG, b"") == ("9000" if self.is_managed else "6982")
        if self.is_managed:
            self.content = None

    @rule()
    def write_too_much(self) -> None:
        assert put(self.card, TAG, bytes(1337)) == ("6A84" if self.is_managed else "6982")

    @rule()
    def make_a_key(self) -> None:
        answered = send(self.card, "0047009A05AC0380011100")
        assert answered.endswith("9000" if self.is_managed else "6982")
        if self.is_managed:
            assert state_of(self.path).keys[0x9A] != self.key
            self.key = state_of(self.path).keys[0x9A]

    @rule(pin=st.sampled_from(["123456", WRONG_PIN]))
    def the_holder_shows_a_pin(self, pin: str) -> None:
        assert send(self.card, verify(pin))[:2] in {"90", "63", "69"}

    @rule()
    def the_holder_logs_out(self) -> None:
        assert send(self.card, "0020FF80") == "9000"

    @rule()
    def select_again(self) -> None:
        assert send(self.card, PIV).endswith("9000")
        self.waiting = None

    @rule()
    def select_another_application_between(self) -> None:
        assert send(self.card, PASSPORT) == "9000"
        assert put(self.card, TAG, b"\x01") != "9000"
        self.begin_again()

    @rule()
    def reset(self) -> None:
        self.card.reset()
        self.begin_again()

    @rule()
    def take_it_out_and_put_it_in(self) -> None:
        self.card = open_card(self.path)
        self.begin_again()

    def begin_again(self) -> None:
        assert send(self.card, PIV).endswith("9000")
        self.waiting, self.is_managed = None, False

    @invariant()
    def what_is_on_the_disk_is_the_model_s(self) -> None:
        if self.path.exists():
            state = state_of(self.path)
            assert state.objects.get(OBJECT) == self.content
            assert state.keys[0x9A] == self.key


Administrator.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestAdministrator = Administrator.TestCase
