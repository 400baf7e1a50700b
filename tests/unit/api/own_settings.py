"""Settings for tests."""

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from eid.config import Settings


class OwnSettings(Settings):
    """Settings that hear their maker alone: nothing of the machine's environment."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)
