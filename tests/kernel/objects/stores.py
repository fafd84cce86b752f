"""Both stores for the same tests: files, and a bucket on a server that speaks S3."""

from datetime import timedelta
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "countersign-test"
WEEK = timedelta(days=7)
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "us-east-1",
    "S3_BUCKET_NAME": BUCKET,
}


def bucket_server() -> ThreadedMotoServer:
    """A server on a free port, with the bucket made."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    client = boto3.client(
        "s3",
        endpoint_url=url_of(server),
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    client.create_bucket(Bucket=BUCKET)
    client.close()
    return server


def url_of(server: ThreadedMotoServer) -> str:
    host, port = server.get_host_and_port()
    return f"http://{host}:{port}"


def files_of(root: Path) -> list[str]:
    """Every file under the folder, drafts included."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
