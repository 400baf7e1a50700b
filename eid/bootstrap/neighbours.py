"""Who stands next door: a stand-in where the settings name one, else somebody who says no."""

from eid.bootstrap.absent import AbsentNotifier, AbsentPortraits, AbsentRegistry
from eid.config import Settings
from eid.ports import Clock, Notifier, Portraits, Registry
from eid.standins.clock import OffsetClock, SystemClock
from eid.standins.notifier import FolderNotifier
from eid.standins.portraits import DrawnPortraits
from eid.standins.registry import PeopleRegistry


def clock_of(settings: Settings) -> Clock:
    """The machine's clock, or the demo's."""
    offset = settings.demo.clock
    return OffsetClock(offset) if offset is not None else SystemClock()


def registry_of(settings: Settings) -> Registry:
    """The population registry: invented people, or none yet."""
    people = settings.demo.people
    return PeopleRegistry(people) if people is not None else AbsentRegistry()


def portraits_of(settings: Settings) -> Portraits:
    """Who keeps portraits: a drawer of drawings for invented people, or nobody yet."""
    return DrawnPortraits() if settings.demo.people is not None else AbsentPortraits()


def notifier_of(settings: Settings) -> Notifier:
    """Who carries notices: a folder, or nobody yet."""
    folder = settings.demo.outbox
    return FolderNotifier(folder) if folder is not None else AbsentNotifier()
