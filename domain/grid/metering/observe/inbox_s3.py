"""The watched prefix in S3: objects `inbox/<tenant>/<file>`. An object is complete when it is listed."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from domain.grid.metering.formats.source import Source
from domain.kernel.errors import NotConfigured, TooLarge, Unavailable
from domain.kernel.objects.chosen import s3_client
from domain.kernel.settings import settings

MAPPING = "mapping.json"


@dataclass(frozen=True)
class S3Inbox:
    """The prefix of one tenant.

    Attributes:
        client: a boto3 S3 client. bucket, prefix: where; the prefix ends with a slash.
        max_bytes: objects larger than this are not fetched.
    """

    client: Any
    bucket: str
    prefix: str
    max_bytes: int

    @staticmethod
    def of_settings(tenant_id: str, max_bytes: int) -> "S3Inbox":
        """The prefix of the bucket that is set.

        Raises:
            NotConfigured: no bucket is set.
        """
        own = settings()
        if not own.s3_bucket_name:
            raise NotConfigured("No bucket is set for meter files.", hint="Set S3_BUCKET_NAME.")
        return S3Inbox(s3_client(), own.s3_bucket_name, f"inbox/{tenant_id}/", max_bytes)

    def waiting(self) -> list[str]:
        """Names of the objects directly under the prefix, in order of name."""
        try:
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self.prefix, Delimiter="/"
            )
            names = [entry["Key"].removeprefix(self.prefix) for page in pages for entry in page.get("Contents", [])]
        except (ClientError, BotoCoreError) as cause:
            raise self._unavailable() from cause
        return sorted(name for name in names if name and name != MAPPING and not name.startswith("."))

    def read(self, name: str) -> Source:
        """The object's bytes.

        Raises:
            TooLarge: it is larger than `max_bytes`; nothing was fetched.
        """
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=self.prefix + name)
            if answer["ContentLength"] > self.max_bytes:
                raise TooLarge(
                    f"{name} holds more than {self.max_bytes / 1e6:.0f} MB, nothing of it was taken.",
                    hint="Split the file by day or by meter, or raise COUNTERSIGN_INGEST_MAX_MB.",
                )
            content: bytes = answer["Body"].read()
        except (ClientError, BotoCoreError) as cause:
            raise self._unavailable() from cause
        return content

    def mapping(self) -> bytes | None:
        """The bytes of `mapping.json` under the prefix."""
        try:
            content: bytes = self.client.get_object(Bucket=self.bucket, Key=self.prefix + MAPPING)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return None
            raise self._unavailable() from error
        except BotoCoreError as cause:
            raise self._unavailable() from cause
        return content

    def settle(self, name: str, outcome: str, mark: str, beside: dict[str, bytes]) -> None:
        """Write what stands beside, copy the object, and delete the original last."""
        target = f"{self.prefix}{outcome}/{mark}_{name}"
        try:
            for suffix, content in beside.items():
                self.client.put_object(Bucket=self.bucket, Key=target + suffix, Body=content)
            source = {"Bucket": self.bucket, "Key": self.prefix + name}
            self.client.copy_object(Bucket=self.bucket, Key=target, CopySource=source)
            self.client.delete_object(Bucket=self.bucket, Key=self.prefix + name)
        except (ClientError, BotoCoreError) as cause:
            raise self._unavailable() from cause

    def _unavailable(self) -> Unavailable:
        return Unavailable(
            f"The bucket {self.bucket} does not answer as it should.",
            hint="Check the bucket's name, its region and the credentials; the files stay where they are.",
        )
