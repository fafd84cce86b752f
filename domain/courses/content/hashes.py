"""The canonical text of content and its hash: what is stored, signed and compared."""

from pydantic import BaseModel

from domain.kernel.canonical import canonical_json, sha256_hex


def content_text(model: BaseModel) -> str:
    """RFC 8785 canonical JSON of `model` under its camelCase names. Its bytes are those of the UTF-8 encoding."""
    return canonical_json(model.model_dump(mode="json", by_alias=True)).decode()


def content_hash(text: str) -> str:
    """SHA-256 (hex) of the UTF-8 bytes of a canonical text; the database checks the same."""
    return sha256_hex(text.encode())
