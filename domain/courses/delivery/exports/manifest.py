"""`manifest.json`: what a ZIP holds, byte for byte, and of which approved revisions the course is made."""

from collections.abc import Mapping

from domain.courses.delivery.exports.plan import Plan
from domain.kernel.canonical import canonical_json, sha256_hex

NAME = "manifest.json"


def manifest_json(plan: Plan, form: str, files: Mapping[str, bytes]) -> bytes:
    """Hash and size of every other file, with the version and content hash of the course; canonical JSON."""
    package = plan.package
    return canonical_json(
        {
            "format": form,
            "courseId": package.syllabus_id,
            "title": package.title,
            "language": package.language,
            "version": plan.version,
            "contentHash": plan.content_hash,
            "parts": [entry.model_dump(mode="json", by_alias=True) for entry in package.manifest],
            "files": [
                {"path": name, "sha256": sha256_hex(files[name]), "sizeBytes": len(files[name])}
                for name in sorted(files)
            ],
        }
    )
