import contextlib

from hypothesis import given
from hypothesis import strategies as st

from chipcard_sim.iso7816.apdu import Command, MalformedApdu, Response
from chipcard_sim.iso7816.chaining import CommandChain, split

BYTES = st.integers(0, 255)
COMMANDS = st.builds(
    Command,
    BYTES,
    BYTES,
    BYTES,
    BYTES,
    st.binary(max_size=300) | st.sampled_from([bytes(65535), bytes(65534)]),
    st.integers(0, 65536) | st.sampled_from([0, 1, 255, 256, 257, 65535, 65536]),
)
CHAIN_BIT = 0x10


@given(COMMANDS)
def test_a_command_that_is_built_is_read_again__iso7816_4_5_2(command: Command) -> None:
    assert Command.read(command.build()) == command


@given(st.binary(max_size=300))
def test_any_bytes_are_a_command_or_malformed__CV_41(raw: bytes) -> None:
    try:
        command = Command.read(raw)
    except MalformedApdu:
        return
    assert Command.read(command.build()) == command


@given(COMMANDS, st.data())
def test_a_command_cut_short_is_never_read_as_the_same(
    command: Command, data: st.DataObject
) -> None:
    raw = command.build()
    cut = raw[: data.draw(st.integers(0, len(raw) - 1))]
    with contextlib.suppress(MalformedApdu):
        assert Command.read(cut) != command


@given(st.binary(max_size=300))
def test_any_bytes_are_an_answer_or_malformed__CV_42(raw: bytes) -> None:
    try:
        response = Response.read(raw)
    except MalformedApdu:
        return
    assert response.build() == raw


@given(COMMANDS.filter(lambda command: not command.is_chained))
def test_what_is_split_is_joined_again__iso7816_4_5_3_3(command: Command) -> None:
    chain = CommandChain()
    *earlier, last = split(command)
    assert all(chain.join(piece) is None for piece in earlier)
    assert chain.join(last) == command
