"""What makes the DOCX whole and always the same: fonts within, fixed properties, sorted names, fixed dates."""

import io
import uuid
import zipfile
from typing import Any

from docx.document import Document as Docx
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from lxml import etree

from domain.grid.outages.charts.reading import moment
from domain.grid.outages.report.word.styles import MONO, SANS
from domain.kernel.canonical import derived_id
from domain.kernel.charts.theme import FONTS
from domain.kernel.report.blocks import Document

FONT_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/font"
FONT_TYPE = "application/vnd.openxmlformats-officedocument.obfuscatedFont"
# (family, Word's name of the cut, file)
EMBEDDED = (
    (SANS, "embedRegular", "IBMPlexSans-Regular.ttf"),
    (SANS, "embedBold", "IBMPlexSans-SemiBold.ttf"),
    (MONO, "embedRegular", "IBMPlexMono-Regular.ttf"),
)
EARLIEST = (1980, 1, 1, 0, 0, 0)


def describe(word: Docx, document: Document) -> None:
    """Title, author, language and the replay's own date; no other date."""
    made = moment(document.made_at).replace(tzinfo=None, microsecond=0)
    properties = word.core_properties
    properties.title, properties.subject, properties.author = (
        document.title[:255],
        document.subject[:255],
        document.author,
    )
    properties.last_modified_by, properties.language = document.author[:255], document.language
    properties.author = document.author[:255]
    properties.created = properties.modified = made
    properties.revision, properties.comments, properties.keywords = 1, "", ""
    properties.identifier = document.identity
    properties.content_status = "Draft" if document.mark else "Final"
    relations = word.part.package.rels
    for key in [key for key, relation in relations.items() if relation.reltype.endswith("/thumbnail")]:
        del relations[key]


def embed_fonts(word: Docx) -> None:
    """The three shipped fonts, obfuscated as ISO/IEC 29500-4, 10.1.1 has it; their licence allows embedding."""
    package = word.part.package
    table = next(part for part in package.iter_parts() if str(part.partname) == "/word/fontTable.xml")
    root = parse_xml(f"<w:fonts {nsdecls('w', 'r')}/>")
    families: dict[str, Any] = {}
    for number, (family, cut, file) in enumerate(EMBEDDED, start=1):
        key = derived_id("font", file)
        part = Part(
            PackURI(f"/word/fonts/font{number}.odttf"),
            FONT_TYPE,
            _obfuscated((FONTS / file).read_bytes(), key),
            package,
        )
        if family not in families:
            families[family] = OxmlElement("w:font")
            families[family].set(qn("w:name"), family)
            root.append(families[family])
        entry = OxmlElement(f"w:{cut}")
        entry.set(qn("r:id"), table.relate_to(part, FONT_RELATION))
        entry.set(qn("w:fontKey"), f"{{{str(key).upper()}}}")
        families[family].append(entry)
    table._blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    settings = word.settings.element
    # The schema wants it near the beginning: after the view's and zoom's entries.
    settings.insert(1 if len(settings) else 0, OxmlElement("w:embedTrueTypeFonts"))


def _obfuscated(font: bytes, key: uuid.UUID) -> bytes:
    """The first 32 bytes, each with a byte of the key, which is read from its end."""
    mask = key.bytes[::-1] * 2
    return bytes(a ^ b for a, b in zip(font[:32], mask, strict=True)) + font[32:]


def packed(word: Docx) -> bytes:
    """The file: members by name, one date, one compression."""
    draft = io.BytesIO()
    word.save(draft)
    out = io.BytesIO()
    with zipfile.ZipFile(draft) as source, zipfile.ZipFile(out, "w") as target:
        for name in sorted(source.namelist()):
            info = zipfile.ZipInfo(name, EARLIEST)
            info.create_system, info.external_attr, info.compress_type = 3, 0o644 << 16, zipfile.ZIP_DEFLATED
            target.writestr(info, source.read(name), compresslevel=6)
    return out.getvalue()
