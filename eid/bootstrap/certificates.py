"""The wiring of the instance that client certificates come to: no database, no master key.

It trusts a header that nobody else could be allowed to send. So the socket is the trust, not the
header: a Unix socket in a directory that only its owner and one group, the front's, may enter.
"""

import os
import socket
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from eid.authentication.certificate_door import CertificateDoor
from eid.bootstrap.checks import require_sound
from eid.bootstrap.material import read_material_of, require_own_material
from eid.bootstrap.neighbours import clock_of
from eid.bootstrap.policies import handover_policy
from eid.bootstrap.secrets import read_handover_key
from eid.config import Settings
from eid.errors import Misconfigured
from eid.ports import Clock

ROOT: Final = 0
STRANGERS: Final = stat.S_IRWXO
OPEN: Final = stat.S_IWOTH | stat.S_ISVTX  # with the sticky bit, names belong to their owners
OWNER_AND_GROUP: Final = 0o660


class CertificateServices:
    """What the certificate door needs of the process."""

    def __init__(self, settings: Settings, key: bytes) -> None:
        anchors = read_material_of(settings.pki.folder).anchors()
        policy = handover_policy(settings, key)
        self.door = CertificateDoor(anchors, policy)
        self.clock: Clock = clock_of(settings)
        self.pages = settings.issuer


def build_certificate_services(settings: Settings) -> CertificateServices:
    """Wire the certificate door, or raise `Misconfigured` with the reason."""
    require_sound(settings)
    if settings.certificate_login.origin is None:
        raise Misconfigured("nobody is asked for a certificate: set EID_CERTIFICATE_LOGIN__ORIGIN")
    require_own_material(settings.pki.folder, settings.environment.value)
    path = settings.certificate_login.key
    if path is None:
        raise Misconfigured(
            "set EID_CERTIFICATE_LOGIN__KEY to a file that `eid handover-key` wrote: this process "
            "does not read the master key"
        )
    return CertificateServices(settings, read_handover_key(path))


def listen_behind_closed_doors(path: Path) -> socket.socket:
    """Listen on a Unix socket that strangers of this machine cannot reach.

    Raises `Misconfigured` where the directory lets them in, or somebody listens there already.
    The socket's own mode would not do: some systems never look at it.
    """
    _require_closed(path.parent)
    _remove_stale(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(str(path))
        path.chmod(OWNER_AND_GROUP)
        listening.listen()
    except OSError as problem:
        listening.close()
        raise Misconfigured(f"cannot listen on {path}: {problem.strerror or problem}") from None
    return listening


def _require_closed(folder: Path) -> None:
    try:
        found = folder.lstat()
    except OSError:
        raise Misconfigured(
            f"{folder} is not there: make it, mode 2750, group the front's"
        ) from None
    if not stat.S_ISDIR(found.st_mode):
        raise Misconfigured(f"{folder} is not a directory")
    if found.st_mode & STRANGERS:
        raise Misconfigured(
            f"others may enter {folder}, and whoever reaches the socket in it may name any "
            f"certificate: chmod 2750 {folder}"
        )
    _require_ours(folder, found)
    # Whoever may rename a directory on the way puts one of their own in its place: the way is
    # looked at as it is written, with its links, and as it is.
    for above in dict.fromkeys((*folder.absolute().parents, *folder.resolve().parents)):
        found = above.lstat()
        _require_ours(above, found)
        if stat.S_ISDIR(found.st_mode) and found.st_mode & OPEN == stat.S_IWOTH:
            raise Misconfigured(
                f"others may write to {above}, and put another directory in the place of "
                f"{folder}: chmod o-w {above}"
            )


def _require_ours(place: Path, found: os.stat_result) -> None:
    if found.st_uid not in {ROOT, os.geteuid()}:
        raise Misconfigured(
            f"{place} belongs to another user, who may open it to others: name a directory that "
            "this user or root owns, as are all those above it"
        )


def _remove_stale(path: Path) -> None:
    """Remove the socket of a process that has ended; nobody else's file."""
    if path.exists() and not path.is_socket():
        raise Misconfigured(f"{path} is not a socket: name another, or move it away")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except FileNotFoundError:
            return
        except ConnectionRefusedError:
            with suppress(FileNotFoundError):
                path.unlink()
            return
        except OSError as problem:
            raise Misconfigured(f"{path}: {problem.strerror or problem}") from None
    raise Misconfigured(f"somebody listens on {path} already")
