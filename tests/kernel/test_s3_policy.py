"""The sample policy for a bucket allows what the store asks for, and nothing that takes away."""

import json
import re
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

POLICY: dict[str, Any] = json.loads((ROOT / "deploy" / "s3" / "reports-policy.json").read_text())
# Who calls S3, and the clients' calls with what S3 asks for them.
STORE, INBOX, CHECKPOINTS = (
    ROOT / "domain" / path
    for path in ("kernel/objects/s3.py", "grid/metering/observe/inbox_s3.py", "kernel/seals/checkpoints.py")
)
ASKED = {
    "upload_fileobj": {"s3:PutObject", "s3:AbortMultipartUpload"},
    "put_object": {"s3:PutObject"},
    "get_object": {"s3:GetObject"},
    "head_object": {"s3:GetObject"},
    "copy_object": {"s3:GetObject", "s3:PutObject"},
    "delete_object": {"s3:DeleteObject"},
    "generate_presigned_url": {"s3:GetObject"},
    "head_bucket": {"s3:ListBucket"},
    "get_paginator": {"s3:ListBucket"},
}
BUCKET = "arn:aws:s3:::S3_BUCKET_NAME"
KEPT, FILES = f"{BUCKET}/S3_PREFIX/*", f"{BUCKET}/inbox/*"


def asked_by(*files: Path) -> set[str]:
    called = {one for file in files for one in re.findall(r"client(?:\(\))?\.(\w+)\(", file.read_text())}
    return {action for one in called for action in ASKED[one]}


def actions(effect: str, resource: str) -> set[str]:
    found = [one for one in POLICY["Statement"] if one["Effect"] == effect and one["Resource"] == resource]
    given = [one["Action"] for one in found]
    return {action for own in given for action in ([own] if isinstance(own, str) else own)}


def test_it_allows_exactly_what_is_asked_for() -> None:
    assert actions("Allow", BUCKET) == {"s3:ListBucket"}
    assert actions("Allow", KEPT) == asked_by(STORE, CHECKPOINTS) - {"s3:ListBucket"}
    assert actions("Allow", FILES) == asked_by(INBOX) - {"s3:ListBucket"}


def test_only_these_three_speak_to_s3() -> None:
    speaking = {
        path
        for folder in ("api", "cli", "domain", "orchestration")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"boto3\.client\(|client\.\w+\(Bucket=|\bs3_client\(\)", path.read_text())
    }
    assert speaking == {STORE, INBOX, CHECKPOINTS, ROOT / "domain/kernel/objects/chosen.py"}


def test_it_denies_deleting_what_is_kept_and_reaches_no_other_bucket() -> None:
    assert actions("Deny", KEPT) == {"s3:DeleteObject", "s3:DeleteObjectVersion"}
    assert {one["Resource"] for one in POLICY["Statement"]} == {BUCKET, KEPT, FILES}
