"""Checkpoints: each newest seal as a JSON file outside the database, so that removing the newest seals is found too.

Where they go is COUNTERSIGN_CHECKPOINT_SINK: a folder, or `s3://bucket/prefix`; without it a folder under the copy's
home. Best is a place that whoever owns the database cannot write to.
"""

import json
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from domain.kernel.errors import Invalid, NotConfigured, Unavailable
from domain.kernel.objects.chosen import s3_client
from domain.kernel.seals.seal import Seal, seal_of_document
from domain.kernel.settings import settings


class Sink(Protocol):
    """Where checkpoints are kept."""

    def keep(self, seal: Seal) -> None:
        """Write the seal's checkpoint; one that is there already stays."""
        ...

    def newest(self, tenant_id: str) -> Seal | None:
        """The tenant's newest checkpoint."""
        ...

    def tenants(self) -> list[str]:
        """Tenants that have checkpoints, in order."""
        ...


def configured_sink() -> Sink:
    """The sink of this copy, as set.

    Raises:
        NotConfigured: an address that is neither a folder nor s3://.
    """
    where = settings().checkpoint_sink
    if where is None:
        return FolderSink(settings().home_path / "public" / "checkpoints")
    if where.startswith("s3://"):
        parts = urlsplit(where)
        return S3Sink(parts.netloc, parts.path.strip("/"))
    if "://" in where:
        raise NotConfigured(
            "COUNTERSIGN_CHECKPOINT_SINK is neither a folder nor an s3:// address.", hint="s3://bucket/prefix"
        )
    return FolderSink(Path(where).expanduser().resolve())


def read_checkpoint(path: Path) -> Seal:
    """The seal in a checkpoint's file.

    Raises:
        Invalid: the file is not there or is no checkpoint.
    """
    try:
        return seal_of_document(json.loads(path.read_bytes()))
    except (OSError, ValueError) as cause:
        raise Invalid(f"{path} cannot be read as a checkpoint.", hint="Give the JSON file as it was kept.") from cause


class FolderSink:
    """A folder with one folder for each tenant."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, seal: Seal) -> None:
        """Write the file whole or not at all; one that is there already stays.

        Raises:
            Unavailable: the folder cannot be written.
        """
        path = self.folder / _name(seal)
        if path.exists():
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".")
            try:
                with os.fdopen(descriptor, "wb") as handle:
                    handle.write(checkpoint_bytes(seal))
                    handle.flush()
                    os.fsync(handle.fileno())
                    os.fchmod(handle.fileno(), 0o644)
                Path(draft).replace(path)
            finally:
                Path(draft).unlink(missing_ok=True)
        except OSError as cause:
            raise Unavailable(
                "The ledger is sealed, but its checkpoint could not be written.",
                hint="See to COUNTERSIGN_CHECKPOINT_SINK; the next run writes it.",
            ) from cause

    def newest(self, tenant_id: str) -> Seal | None:
        """The tenant's newest checkpoint."""
        names = sorted(path.name for path in (self.folder / tenant_id).glob("*.json"))
        return read_checkpoint(self.folder / tenant_id / names[-1]) if names else None

    def tenants(self) -> list[str]:
        """Tenants that have checkpoints, in order."""
        return sorted({path.parent.name for path in self.folder.glob("*/*.json")})


class S3Sink:
    """A prefix of an S3 bucket; object lock on it makes checkpoints safe from whoever holds the credentials."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self.bucket = bucket
        self.prefix = f"{prefix}/" if prefix else ""

    def keep(self, seal: Seal) -> None:
        """Put the object, where it is not there already.

        Raises:
            Unavailable: the bucket does not take it.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            s3_client().put_object(
                Bucket=self.bucket,
                Key=self.prefix + _name(seal),
                Body=checkpoint_bytes(seal),
                ContentType="application/json",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 412:
                return
            raise _not_kept() from error
        except BotoCoreError as error:
            raise _not_kept() from error

    def newest(self, tenant_id: str) -> Seal | None:
        """The tenant's newest checkpoint."""
        names = sorted(key for key in self._keys() if key.startswith(f"{self.prefix}{tenant_id}/"))
        if not names:
            return None
        body: bytes = s3_client().get_object(Bucket=self.bucket, Key=names[-1])["Body"].read()
        return seal_of_document(json.loads(body))

    def tenants(self) -> list[str]:
        """Tenants that have checkpoints, in order."""
        return sorted({key[len(self.prefix) :].split("/")[0] for key in self._keys()})

    def _keys(self) -> Iterator[str]:
        pages = s3_client().get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
        for page in pages:
            for entry in page.get("Contents", ()):
                if re.fullmatch(r"[^/]+/\d{8}\.json", entry["Key"][len(self.prefix) :]):
                    yield entry["Key"]


def _not_kept() -> Unavailable:
    return Unavailable(
        "The ledger is sealed, but its checkpoint could not be put into the bucket.",
        hint="See to COUNTERSIGN_CHECKPOINT_SINK; the next run puts it.",
    )


def _name(seal: Seal) -> str:
    return f"{seal.tenant_id}/{seal.seal_number:08d}.json"


def checkpoint_bytes(seal: Seal) -> bytes:
    """The file of a checkpoint."""
    return json.dumps(seal.as_document(), indent=1).encode() + b"\n"
