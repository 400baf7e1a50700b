"""The first day of an installation: master key, database, authorities, first signing keys."""

from datetime import datetime
from pathlib import Path

from eid.bootstrap.checks import require_sound
from eid.bootstrap.material import mark_material, read_material_of
from eid.bootstrap.neighbours import clock_of
from eid.bootstrap.policies import rotation_policy
from eid.bootstrap.secrets import make_master, purpose_key, read_master
from eid.config import Settings
from eid.store import open_store, upgrade
from keys.jwks.rotation import rotate
from keys.pki.ceremony import Material, dump_material, hold, read_ceremony
from keys.vault.wrapped import WrappedVault


async def hold_ceremony(
    settings: Settings, file: str, *, replace: bool, since: datetime | None
) -> Material:
    """Make the master key, the database, the authorities' keys and the first signing keys.

    `file` is the text of the ceremony file. `since` dates the authorities back: a demo has cards
    that were issued years ago.
    """
    require_sound(settings)
    parts = read_ceremony(file)  # before anything is made
    if not settings.keys.wrapping_key.exists():
        make_master(settings.keys.wrapping_key)
    master = read_master(settings.keys.wrapping_key)
    await upgrade(settings.database.url)
    store = open_store(settings.database.url, settings.database.pool)
    await store.open()
    try:
        vault = WrappedVault(store.blobs, purpose_key(master, "vault"))
        folder = settings.pki.folder
        existing = read_material_of(folder) if (folder / "material.json").exists() else None
        now = clock_of(settings).now()
        begin = since or now
        material = await hold(parts, vault, begin, existing=existing, replace=replace)
        _publish(folder, material, settings.environment.value)
        await rotate(store.keys, vault, rotation_policy(settings), now)
    finally:
        await store.close()
    return material


def _publish(folder: Path, material: Material, environment: str) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, der in material.certificates().items():
        (folder / f"{name}.cer").write_bytes(der)
    unfinished = folder / "material.json.new"
    unfinished.write_bytes(dump_material(material))
    unfinished.replace(folder / "material.json")
    mark_material(folder, environment)
