"""Judges a SCORM package, ours or another's: what the schemas see, and what they do not. Safe with hostile files."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from domain.courses.delivery.exports.checking.archive import Archive, read_archive
from domain.courses.delivery.exports.checking.findings import Finding, Limits, error
from domain.courses.delivery.exports.checking.manifest import NAME, Manifest, faults, read_manifest
from domain.courses.delivery.exports.checking.schemas import invalidities

LIMITS = Limits()


@dataclass(frozen=True)
class Verdict:
    """What is to be said of a package.

    Attributes:
        edition: 1.2 or 2004, None where the manifest cannot be read.
        schema_version: what the manifest says of itself, such as 2004 4th Edition.
        is_schema_checked: whether schemas were given; without them only our own checks were made.
    """

    edition: str | None
    schema_version: str
    is_schema_checked: bool
    files: int
    findings: tuple[Finding, ...]

    @property
    def is_good(self) -> bool:
        """Without an error; warnings may be there."""
        return not self.errors

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What keeps it from being imported or from running."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    def as_json(self) -> dict[str, Any]:
        """The verdict for machines."""
        return {
            "status": "ok" if self.is_good else "refused",
            "edition": self.edition,
            "schema_version": self.schema_version,
            "schemas": "checked" if self.is_schema_checked else "not given",
            "files": self.files,
            "findings": [asdict(finding) for finding in self.findings],
        }


def check_scorm(data: bytes, schemas: Path | None = None, limits: Limits = LIMITS) -> Verdict:
    """Judge a package. `schemas` is the folder with scorm12 and scorm2004, or that of one edition.

    Raises:
        NotConfigured: schemas were named and cannot be read.
    """
    archive = read_archive(data, limits)
    found = _manifest_of(archive, limits)
    if isinstance(found, Finding):
        return _verdict(None, False, archive, [found])
    if found is None:
        return _verdict(None, False, archive, [])
    findings = [] if schemas is None else list(invalidities(found.root, found.edition, schemas))
    return _verdict(found, schemas is not None, archive, [*findings, *faults(found, archive.names)])


def _manifest_of(archive: Archive, limits: Limits) -> Manifest | Finding | None:
    """The manifest, what is wrong with it, or None where the archive has been refused already."""
    if NAME in archive.names:
        data = archive.of(NAME)
        if data is None:
            return None
        if len(data) > limits.manifest_bytes:
            return error("TOO_LARGE", f"The manifest has {len(data):,} bytes.", NAME)
        return read_manifest(data)
    deeper = [name for name in archive.names if name.rsplit("/", 1)[-1].casefold() == NAME]
    if deeper:
        return error("MANIFEST_NOT_AT_ROOT", f"{NAME} must lie at the root of the ZIP, in this spelling.", deeper[0])
    return error("MANIFEST_MISSING", f"There is no {NAME}.") if archive.names or not archive.findings else None


def _verdict(manifest: Manifest | None, is_checked: bool, archive: Archive, findings: list[Finding]) -> Verdict:
    return Verdict(
        edition=manifest.edition if manifest else None,
        schema_version=manifest.says if manifest else "",
        is_schema_checked=is_checked,
        files=len(archive.names),
        findings=tuple(sorted([*archive.findings, *findings], key=lambda f: (f.severity, f.code, f.where, f.says))),
    )
