"""Objects in an S3 bucket, under one prefix. S3 shows an object when all of it has arrived, so a put is all or nothing.

The client is handed in: the domain makes its own from the settings, Dagster its own with dagster-aws.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO, NoReturn, cast

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from domain.kernel.errors import NotFound, Unavailable
from domain.kernel.objects.store import Link, Target, check_key, check_owner
from domain.kernel.settings import LONGEST_LINK_S

ABSENT = {"NoSuchKey", "404", "NotFound"}
S3_ERRORS = (ClientError, BotoCoreError, Boto3Error)


@dataclass(frozen=True)
class S3Store:
    """One bucket and prefix.

    Attributes:
        client: a boto3 S3 client that signs with version 4.
        bucket: the bucket's name.
        prefix: what stands before every key, without a slash at its end; may be empty.
        ttl: how long a link lasts where nothing else is asked for.
        credentials_end_at: when the client's credentials end; None where they last, or where nobody says.
        are_temporary: whether they are credentials for a while.
    """

    client: Any
    bucket: str
    prefix: str
    ttl: timedelta
    credentials_end_at: datetime | None = None
    are_temporary: bool = False

    def put(self, key: str, source: BinaryIO, media_type: str) -> None:
        """Upload; a large source goes in parts and shows when the last has arrived."""
        arguments = {"ContentType": media_type, "ChecksumAlgorithm": "SHA256"}
        try:
            self.client.upload_fileobj(source, self.bucket, self._name(key), ExtraArgs=arguments)
        except S3_ERRORS as cause:
            self._unavailable(cause)

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        """The object's bytes as they come."""
        try:
            body = self.client.get_object(Bucket=self.bucket, Key=self._name(key))["Body"]
        except S3_ERRORS as cause:
            self._missing_or_unavailable(cause)
        try:
            yield cast("BinaryIO", body)
        except BotoCoreError as cause:
            self._unavailable(cause)
        finally:
            body.close()

    def size_bytes(self, key: str) -> int | None:
        """The object's length; None where there is none."""
        try:
            return int(self.client.head_object(Bucket=self.bucket, Key=self._name(key))["ContentLength"])
        except S3_ERRORS as cause:
            if _is_absent(cause):
                return None
            self._unavailable(cause)

    def link(self, tenant_id: str, target: Target, now: datetime, ttl: timedelta | None = None) -> Link:
        """A presigned link, which S3 itself checks; never longer than the credentials live."""
        check_owner(tenant_id, target.key)
        wanted = min(ttl or self.ttl, timedelta(seconds=LONGEST_LINK_S))
        lives, warning = self._life(wanted, now)
        asked = {
            "Bucket": self.bucket,
            "Key": self._name(target.key),
            "ResponseContentType": target.media_type,
            "ResponseContentDisposition": f'attachment; filename="{target.file_name}"',
        }
        try:
            url = self.client.generate_presigned_url("get_object", asked, ExpiresIn=int(lives.total_seconds()))
        except S3_ERRORS as cause:
            self._unavailable(cause)
        return Link(url, (now + lives).replace(microsecond=0), warning)

    def probe(self) -> None:
        """Whether the bucket answers."""
        try:
            self.client.head_bucket(Bucket=self.bucket)
        except S3_ERRORS as cause:
            self._unavailable(cause)

    def _life(self, wanted: timedelta, now: datetime) -> tuple[timedelta, str | None]:
        if self.credentials_end_at is None:
            said = "The credentials are temporary and do not say when they end; the link may end before its time."
            return wanted, said if self.are_temporary else None
        left = max(self.credentials_end_at.astimezone(UTC) - now, timedelta(seconds=1))
        if left >= wanted:
            return wanted, None
        ends = self.credentials_end_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return left, f"The credentials that signed the link end at {ends}, and the link with them."

    def _name(self, key: str) -> str:
        check_key(key)
        return f"{self.prefix}/{key}" if self.prefix else key

    def _missing_or_unavailable(self, cause: Exception) -> NoReturn:
        if _is_absent(cause):
            raise NotFound("The object store holds nothing under this key.", code="OBJECT_MISSING") from cause
        self._unavailable(cause)

    def _unavailable(self, cause: Exception) -> NoReturn:
        raise Unavailable(
            f"The bucket {self.bucket} does not answer as it should; nothing was changed.",
            hint="Check the bucket's name, its region and the credentials.",
            code="OBJECT_STORE",
        ) from cause


def _is_absent(cause: Exception) -> bool:
    return isinstance(cause, ClientError) and cause.response.get("Error", {}).get("Code") in ABSENT
