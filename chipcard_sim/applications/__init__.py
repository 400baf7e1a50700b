"""APPLICATIONS: the one list of what is on the card. Applications do not know each other.

A card is made with `Card.create(path, serial=serial, applications=APPLICATIONS)` and put into the
reader with `Card.open(path, applications=APPLICATIONS)`.
"""

from chipcard_sim.applications.emrtd.application import PassportApplication
from chipcard_sim.applications.personalisation.application import PersonalisationApplication
from chipcard_sim.applications.piv.application import PivApplication
from chipcard_sim.chip.application import ApplicationFactory

APPLICATIONS: tuple[ApplicationFactory, ...] = (
    PivApplication,
    PassportApplication,
    PersonalisationApplication,
)
