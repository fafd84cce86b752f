"""The sample policy for a bucket allows what the store asks for, and nothing that takes away."""

import json
import re
from typing import Any

from tests.conftest import ROOT

POLICY: dict[str, Any] = json.loads((ROOT / "deploy" / "s3" / "reports-policy.json").read_text())
# The client's calls in the store, and what S3 asks for them.
ASKED = {
    "upload_fileobj": {"s3:PutObject", "s3:AbortMultipartUpload"},
    "get_object": {"s3:GetObject"},
    "head_object": {"s3:GetObject"},
    "generate_presigned_url": {"s3:GetObject"},
    "head_bucket": {"s3:ListBucket"},
}


def actions(effect: str) -> set[str]:
    found = [one["Action"] for one in POLICY["Statement"] if one["Effect"] == effect]
    return {action for own in found for action in ([own] if isinstance(own, str) else own)}


def test_it_allows_exactly_what_the_store_asks_for() -> None:
    source = (ROOT / "domain" / "kernel" / "objects" / "s3.py").read_text()
    called = set(re.findall(r"self\.client\.(\w+)\(", source))
    assert called == set(ASKED)
    assert actions("Allow") == set().union(*ASKED.values())


def test_it_denies_deleting_and_reaches_no_other_bucket() -> None:
    assert {"s3:DeleteObject", "s3:DeleteObjectVersion"} <= actions("Deny")
    assert all(one["Resource"].startswith("arn:aws:s3:::S3_BUCKET_NAME") for one in POLICY["Statement"])
    objects = [one["Resource"] for one in POLICY["Statement"] if "s3:PutObject" in one["Action"]]
    assert objects == ["arn:aws:s3:::S3_BUCKET_NAME/S3_PREFIX/*"]
