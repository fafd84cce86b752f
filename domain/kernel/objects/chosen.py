"""The store that this copy is set to: a bucket where S3_BUCKET_NAME is set, files under the home where it is not."""

from datetime import datetime, timedelta
from typing import Any

from domain.kernel.objects.local import LocalStore
from domain.kernel.objects.store import Store
from domain.kernel.settings import settings

ATTEMPTS = 3
LONGEST_CONNECT_S = 5.0


def open_store(client: Any | None = None) -> Store:
    """The copy's store.

    Args:
        client: a boto3 S3 client that somebody has made over the same settings; by default one is made.
    """
    own = settings()
    ttl = timedelta(seconds=own.s3_signed_url_ttl_seconds)
    if own.s3_bucket_name is None:
        return LocalStore(own.home_path / "objects", ttl, own.api_url or "")
    from domain.kernel.objects.s3 import S3Store

    made = client or s3_client()
    ends, temporary = credentials_of(made)
    return S3Store(made, own.s3_bucket_name, own.s3_prefix.strip("/"), ttl, ends, temporary)


def s3_client(timeout_s: float | None = None) -> Any:
    """A boto3 client over the settings; without keys in them boto3 finds the machine's or the pod's own role.

    Args:
        timeout_s: give up after so long and try once, for probes; by default three times COUNTERSIGN_OBJECTS_TIMEOUT_S.
            boto3's own patience is five minutes, in which a transaction would be held and all requests wait behind it.
    """
    import boto3
    from botocore.config import Config

    own = settings()
    patience = own.objects_timeout_s
    config = Config(
        signature_version="s3v4",
        connect_timeout=min(patience, LONGEST_CONNECT_S),
        read_timeout=patience,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    if timeout_s is not None:
        short = Config(connect_timeout=timeout_s, read_timeout=timeout_s, retries={"total_max_attempts": 1})
        config = config.merge(short)
    keys = (own.aws_access_key_id, own.aws_secret_access_key, own.aws_session_token)
    key_id, secret, token = (None if one is None else one.get_secret_value() for one in keys)
    return boto3.client(
        "s3",
        region_name=own.aws_region,
        endpoint_url=own.s3_endpoint_url,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=config,
    )


def credentials_of(client: Any) -> tuple[datetime | None, bool]:
    """When the client's credentials end, where they say so, and whether they are temporary."""
    from botocore.exceptions import BotoCoreError

    found = client._request_signer._credentials
    try:
        frozen = None if found is None else found.get_frozen_credentials()
    except BotoCoreError:
        frozen = None  # the first call to the bucket will say that there are none
    if frozen is None:
        return None, False
    return getattr(found, "_expiry_time", None), frozen.token is not None
