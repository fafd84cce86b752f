"""What tests read from a finished report."""

import io
import re
import zipfile
from typing import Any

import docx
from pypdf import PdfReader

# A sentence, or a cell, that begins with one of these would be an order.
ORDER = re.compile(
    r"(?:^|[.!?;]\s+)(?:please\s+)?(open|close|trip|operate|execute|switch|isolate|reclose|energi[sz]e|de-?energi[sz]e|restore|"
    r"dispatch|send|connect|disconnect|transfer|ground)\s+(?!at\b|of\b|\d)[a-z0-9]",
    re.IGNORECASE | re.MULTILINE,
)


def pages(pdf: bytes) -> list[str]:
    """The text of each page, blanks made one."""
    return [plain(page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def plain(text: str) -> str:
    """One blank between words, of whatever kind they were."""
    return re.sub(r"\s+", " ", text)


def word(data: bytes) -> Any:
    """The opened DOCX."""
    return docx.Document(io.BytesIO(data))


def members(data: bytes) -> dict[str, bytes]:
    """The files within the DOCX."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def words_of(data: bytes) -> str:
    """All text of the DOCX's body, tables with it."""
    return plain(" ".join(text.text or "" for text in word(data).element.body.iter() if text.tag.endswith("}t")))
