"""Settings of one running copy, read from the environment once.

Settings that the product's specifications name keep their names (DATABASE_URL, S3_BUCKET_NAME, PORT ...); all
others begin with COUNTERSIGN_. Nothing here opens a connection or creates a folder.
"""

import json
import re
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.kernel.errors import NotConfigured

# Signature version 4 knows no longer life of a signed link: seven days.
LONGEST_LINK_S = 604_800


class Env(StrEnum):
    """The environment a copy serves; each has its own database."""

    DEV = "dev"
    PILOT = "pilot"
    PROD = "prod"


class DbRole(StrEnum):
    """Database roles. Each process is handed only those that it needs; docs/decisions/0004 says why."""

    OWNER = "owner"
    APP = "app"
    LOADER = "loader"
    MACHINE = "machine"
    DAGSTER = "dagster"
    AUDITOR = "auditor"

    @property
    def login(self) -> str:
        """The role's name inside PostgreSQL."""
        return f"countersign_{self.value}"


# Without a login of its own: app steps into it for what a learner's transaction may do, which is less.
DELIVERY_ROLE = "countersign_delivery"


class WriteMode(StrEnum):
    """What a load does with a read that is already there: keep it (safe) or replace it where it differs (upsert)."""

    SAFE = "safe"
    UPSERT = "upsert"


def _listed(given: object) -> object:
    """A list as the environment writes it: words between commas."""
    return tuple(word.strip() for word in given.split(",") if word.strip()) if isinstance(given, str) else given


class Settings(BaseSettings):
    """One copy's settings."""

    model_config = SettingsConfigDict(env_prefix="COUNTERSIGN_", populate_by_name=True, extra="ignore")

    home: Path = Path(".countersign")
    env: Annotated[Env, Field(validation_alias=AliasChoices("COUNTERSIGN_ENV", "APP_ENV"))] = Env.DEV
    host: str = "127.0.0.1"
    port: Annotated[int | None, Field(validation_alias=AliasChoices("COUNTERSIGN_PORT", "PORT"))] = None
    dagster_port: int | None = None
    drain_s: Annotated[float, Field(ge=0, le=300)] = 0.0
    database_port: int | None = None
    database_url: Annotated[SecretStr | None, Field(validation_alias=AliasChoices("DATABASE_URL"))] = None
    owner_database_url: SecretStr | None = None
    app_database_url: SecretStr | None = None
    loader_database_url: SecretStr | None = None
    machine_database_url: SecretStr | None = None
    dagster_database_url: SecretStr | None = None
    auditor_database_url: SecretStr | None = None
    instance: str = ""
    dagster_url: str | None = None
    api_url: str | None = None
    gridlens_api_key: Annotated[
        SecretStr | None,
        Field(validation_alias=AliasChoices("GRIDLENS_API_KEY", "COUNTERSIGN_GRIDLENS_API_KEY")),
    ] = None
    gridlens_tenant: str = "DEMO_TENANT"
    write_mode: Annotated[
        WriteMode | None, Field(validation_alias=AliasChoices("AMI_WRITE_MODE", "COUNTERSIGN_WRITE_MODE"))
    ] = None
    quickcheck_public: Annotated[
        bool, Field(validation_alias=AliasChoices("QUICKCHECK_PUBLIC", "COUNTERSIGN_QUICKCHECK_PUBLIC"))
    ] = False
    enable_analytics: Annotated[
        bool,
        Field(validation_alias=AliasChoices("ORCHESTRATOR_ENABLE_ANALYTICS", "COUNTERSIGN_ENABLE_ANALYTICS")),
    ] = True
    attached_schema: str | None = None
    oidc_issuer: str | None = None
    oidc_audience: str = "countersign"
    oidc_jwks_url: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_client_secret_file: Path | None = None
    oidc_tenant_claim: str = "tenant"
    public_url: str | None = None
    email_url: SecretStr | None = None
    chat_urls: dict[str, SecretStr] = Field(default_factory=dict)
    webhook_allow_private: bool = False
    messages_key_file: Path | None = None
    aws_region: Annotated[str | None, Field(validation_alias="AWS_REGION")] = None
    s3_bucket_name: Annotated[str | None, Field(validation_alias="S3_BUCKET_NAME")] = None
    s3_endpoint_url: Annotated[str | None, Field(validation_alias="S3_ENDPOINT_URL")] = None
    s3_prefix: Annotated[str, Field(validation_alias="S3_PREFIX")] = "reports"
    s3_url_mode: Annotated[Literal["signed"], Field(validation_alias="S3_URL_MODE")] = "signed"
    s3_signed_url_ttl_seconds: Annotated[
        int, Field(validation_alias="S3_SIGNED_URL_TTL_SECONDS", ge=1, le=LONGEST_LINK_S)
    ] = LONGEST_LINK_S
    aws_access_key_id: Annotated[SecretStr | None, Field(validation_alias="AWS_ACCESS_KEY_ID")] = None
    aws_secret_access_key: Annotated[SecretStr | None, Field(validation_alias="AWS_SECRET_ACCESS_KEY")] = None
    aws_session_token: Annotated[SecretStr | None, Field(validation_alias="AWS_SESSION_TOKEN")] = None
    objects_timeout_s: Annotated[float, Field(gt=0, le=300)] = 20.0
    object_link_key_file: Path | None = None
    countersign_key_file: Path | None = None
    seal_key_file: Path | None = None
    checkpoint_sink: str | None = None
    author: Literal["offline", "openai", "anthropic", "compatible"] = "offline"
    author_model: str | None = None
    author_base_url: str | None = None
    author_key: SecretStr | None = None
    author_key_file: Path | None = None
    author_timeout_s: Annotated[int, Field(ge=1, le=3_600)] = 300
    author_temperature: Annotated[float, Field(ge=0, le=0.3)] = 0.0
    author_max_tokens: Annotated[int, Field(ge=256, le=1_000_000)] = 32_000
    inbox: Path | None = None
    ingest_max_mb: int = 200
    ingest_max_rows: int = 10_000_000
    log_level: str = "INFO"
    forwarded_allow_ips: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = ()

    @property
    def home_path(self) -> Path:
        """The absolute folder that holds all state of this copy."""
        return self.home.expanduser().resolve()

    @property
    def inbox_path(self) -> Path:
        """The watched folder for meter files, one sub-folder per tenant."""
        return (self.inbox or self.home_path / "inbox").expanduser().resolve()

    @property
    def is_embedded(self) -> bool:
        """Whether the copy keeps its own database: nobody handed this process the address of another."""
        return self.database_url is None and not self._handed

    @property
    def _handed(self) -> bool:
        return any(getattr(self, f"{role.value}_database_url") for role in DbRole)

    @property
    def is_public_https(self) -> bool:
        """Whether people reach this copy over HTTPS, whatever a proxy speaks to it."""
        return (self.public_url or "").startswith("https://")

    @property
    def effective_write_mode(self) -> WriteMode:
        """Upsert in dev, safe elsewhere, unless AMI_WRITE_MODE says otherwise."""
        if self.write_mode is not None:
            return self.write_mode
        return WriteMode.UPSERT if self.env is Env.DEV else WriteMode.SAFE

    @property
    def own_schema(self) -> str:
        """Where our own tables stand: public, unless a utility's tables have public to themselves."""
        return "countersign" if self.attached_schema == "public" else "public"

    def url(self, role: DbRole) -> str:
        """The libpq URL (postgresql://...) with which `role` connects.

        Order: the role's own setting, then DATABASE_URL with SET ROLE, then the embedded database's secrets file. A
        process that was handed some roles by setting has no others, whatever lies in the file.

        Raises:
            NotConfigured: none of the three is there.
        """
        found = self._url(role)
        if self.own_schema == "public" or role is DbRole.DAGSTER:
            return found
        path = f"-c%20search_path%3D{self.own_schema}"
        if "options=" in found:
            return re.sub(r"options=[^&]*", lambda given: f"{given[0]}%20{path}", found)
        return f"{found}{'&' if '?' in found else '?'}options={path}"

    def _url(self, role: DbRole) -> str:
        own: SecretStr | None = getattr(self, f"{role.value}_database_url")
        if own is not None:
            return own.get_secret_value()
        if self._handed:
            raise NotConfigured(
                f"This process was not handed the database role {role.value}.",
                hint="Each process gets only the roles that it needs. A command that works as this one is handed"
                f" COUNTERSIGN_{role.name}_DATABASE_URL.",
            )
        if self.database_url is not None:
            base = self.database_url.get_secret_value()
            if role is DbRole.OWNER:
                return base
            joiner = "&" if "?" in base else "?"
            return f"{base}{joiner}options=-c%20role%3D{role.login}"
        secrets = self.home_path / "secrets" / "database.json"
        try:
            urls: dict[str, str] = json.loads(secrets.read_text())
            return urls[role.value]
        except (OSError, KeyError, ValueError) as cause:
            raise NotConfigured(
                f"No database is set up for role {role.value} under {self.home_path}.",
                hint="Run `countersign up` for the embedded database, or set DATABASE_URL.",
            ) from cause


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once; tests clear it with `settings.cache_clear()`."""
    return Settings()
