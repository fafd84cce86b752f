"""The author that the settings name."""

from pydantic import SecretStr

from domain.courses.authoring.generation.author import Author
from domain.courses.authoring.generation.model_author import ModelAuthor
from domain.courses.authoring.generation.offline.author import OfflineAuthor
from domain.kernel.errors import NotConfigured
from domain.kernel.settings import Settings


def configured_author(settings: Settings) -> Author:
    """The offline author, unless COUNTERSIGN_AUTHOR names a model's service.

    Raises:
        NotConfigured: model or key is missing, or the address is not allowed.
    """
    if settings.author == "offline":
        return OfflineAuthor()
    if not settings.author_model:
        raise NotConfigured(
            f"The author has no model: COUNTERSIGN_AUTHOR is {settings.author}.",
            hint="Set COUNTERSIGN_AUTHOR_MODEL, or COUNTERSIGN_AUTHOR=offline.",
        )
    return ModelAuthor(
        provider=settings.author,
        model=settings.author_model,
        key=_key(settings),
        base_url=settings.author_base_url,
        timeout_s=settings.author_timeout_s,
        temperature=settings.author_temperature,
        max_tokens=settings.author_max_tokens,
    )


def _key(settings: Settings) -> SecretStr:
    if settings.author_key is not None:
        return settings.author_key
    try:
        if settings.author_key_file is not None:
            return SecretStr(settings.author_key_file.read_text(encoding="utf-8").strip())
    except OSError as cause:
        raise NotConfigured(
            "The author's key could not be read from COUNTERSIGN_AUTHOR_KEY_FILE.",
            hint="Name a file that this process may read.",
        ) from cause
    raise NotConfigured(
        f"The author has no key: COUNTERSIGN_AUTHOR is {settings.author}.",
        hint="Set COUNTERSIGN_AUTHOR_KEY or COUNTERSIGN_AUTHOR_KEY_FILE, or COUNTERSIGN_AUTHOR=offline.",
    )
