"""What a tester can steer, in the demo environment alone."""

from dataclasses import dataclass

from eid.config import Environment, Settings
from eid.errors import Misconfigured
from eid.ports import Store
from eid.standins.clock import OffsetClock
from eid.standins.notifier import Outbox
from eid.standins.people import read_people
from eid.standins.situations import DemoDesk, FreshNotice


@dataclass(frozen=True, slots=True)
class DemoWorld:
    """What exists in the demo environment alone."""

    clock: OffsetClock
    outbox: Outbox
    desk: DemoDesk


def demo_world(settings: Settings, store: Store, fresh_notice: FreshNotice) -> DemoWorld | None:
    """The clock, the mail-box and the desk; None where this is no demo."""
    if settings.environment is not Environment.DEMO:
        return None
    demo = settings.demo
    if not (demo.people and demo.outbox and demo.clock):
        raise Misconfigured("the demo needs EID_DEMO__PEOPLE, EID_DEMO__OUTBOX, EID_DEMO__CLOCK")
    desk = DemoDesk(store, read_people(demo.people), fresh_notice)
    return DemoWorld(OffsetClock(demo.clock), Outbox(demo.outbox), desk)
