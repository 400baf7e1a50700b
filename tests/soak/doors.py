"""Every door for bytes from outside, by its name.

The long tests (`test_million_inputs`, `test_guided`) and a short one (`property/test_every_door`)
go through all of them.
"""

from collections.abc import Mapping

from soak import card_doors, document_doors, server_doors
from soak.door import Door

DOORS: Mapping[str, Door] = {
    door.name: door for door in (*server_doors.DOORS, *document_doors.DOORS, *card_doors.DOORS)
}
