"""Private keys as files: made once, mode 0600, never in the database and never in Dagster's configuration."""

import os
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes


def keep_once(path: Path, key: PrivateKeyTypes) -> None:
    """Write the key where no file stands yet; of two processes at once, one file stays and both read it."""
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    keep_bytes_once(path, pem)


def keep_bytes_once(path: Path, secret: bytes) -> None:
    """The same for a secret that is not a key pair."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, draft = tempfile.mkstemp(dir=path.parent)  # mkstemp makes it 0600
    try:
        # Where the disk is full, no half of a key is left lying about.
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(secret)
            handle.flush()
            os.fsync(handle.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()
