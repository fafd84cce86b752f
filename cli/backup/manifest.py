"""What a backup says of itself: every file with its SHA-256, and what the restored copy has to show."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from domain.kernel.errors import Conflict, Invalid

NAME = "manifest.json"
PIECE_BYTES = 1024 * 1024
MOST_NAMED = 5
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Kept(BaseModel):
    """One file of a backup."""

    path: str = Field(description="From the backup's folder, with slashes.")
    size_bytes: int = Field(ge=0)
    sha256: Sha256


class Manifest(BaseModel):
    """One backup. It is written last: a folder without it is no backup."""

    format: Literal[1] = 1
    made_at: str
    env: str
    version: str
    revision: str = Field(description="Of the schema.")
    events: int = Field(ge=0, description="Rows of the ledger when the backup began; the restored copy has no fewer.")
    countersignatures: int = Field(ge=0)
    objects: Literal["copied", "in the bucket"]
    has_keys: bool
    files: list[Kept]

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(file.size_bytes for file in self.files)


def measured(folder: Path) -> list[Kept]:
    """Every file beneath the folder, in order of paths."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / NAME)
    return [
        Kept(path=path.relative_to(folder).as_posix(), size_bytes=path.stat().st_size, sha256=sha256_of(path))
        for path in found
    ]


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while piece := handle.read(PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def read(folder: Path) -> Manifest:
    """The manifest of a backup.

    Raises:
        Invalid: the folder holds no whole backup.
    """
    try:
        document: Any = json.loads((folder / NAME).read_bytes())
        return Manifest.model_validate(document)
    except (OSError, ValueError, ValidationError) as cause:
        raise Invalid(
            f"{folder} holds no backup that can be read: {NAME} is missing or not as it was written.",
            hint="A backup that was broken off has none; take an earlier one.",
        ) from cause


def check(folder: Path, manifest: Manifest) -> None:
    """Compare every file with what the manifest says of it.

    Raises:
        Conflict: BACKUP_CHANGED: a file is missing, was changed, or is not of this backup.
    """
    here = {file.path: file for file in measured(folder)}
    there = {file.path: file for file in manifest.files}
    wrong = [f"{path} is missing" for path in sorted(there.keys() - here.keys())]
    wrong += [f"{path} is not of this backup" for path in sorted(here.keys() - there.keys())]
    wrong += [f"{path} was changed" for path in sorted(here.keys() & there.keys()) if here[path] != there[path]]
    if wrong:
        more = f", and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
        raise Conflict(
            f"The backup is not as it was made: {'; '.join(wrong[:MOST_NAMED])}{more}. Nothing was restored.",
            hint="Take another copy of it, or an earlier backup.",
            code="BACKUP_CHANGED",
        )
