"""Every fault, by its name."""

from collections.abc import Mapping
from types import MappingProxyType

from chipcard_sim.faults import certificates, chips, documents, signatures
from chipcard_sim.faults.fault import Fault

_ROWS = (*certificates.ROWS, *signatures.ROWS, *documents.ROWS, *chips.ROWS)
FAULTS: Mapping[str, Fault] = MappingProxyType({row.name: row for row in _ROWS})
