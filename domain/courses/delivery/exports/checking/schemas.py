"""Whether a manifest is valid by the published schemas, read from a folder that the caller names; never the network."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from lxml import etree

from domain.courses.delivery.exports.checking.findings import Finding, error
from domain.kernel.errors import NotConfigured

MOST_TOLD = 20
_XS = "http://www.w3.org/2001/XMLSchema"
# What a manifest of the edition may use; the import of 1.2 brings the packaging vocabulary with it. Inline metadata of
# 1.2 is not held against its schema: the ims_xml.xsd that it draws in is refused by libxml2.
ENTRIES: dict[str, tuple[tuple[str, str], ...]] = {
    "1.2": (("http://www.adlnet.org/xsd/adlcp_rootv1p2", "adlcp_rootv1p2.xsd"),),
    "2004": (
        ("http://www.imsglobal.org/xsd/imscp_v1p1", "imscp_v1p1.xsd"),
        ("http://www.adlnet.org/xsd/adlcp_v1p3", "adlcp_v1p3.xsd"),
        ("http://www.adlnet.org/xsd/adlseq_v1p3", "adlseq_v1p3.xsd"),
        ("http://www.adlnet.org/xsd/adlnav_v1p3", "adlnav_v1p3.xsd"),
        ("http://www.imsglobal.org/xsd/imsss", "imsss_v1p0.xsd"),
    ),
}
FOLDERS = {"1.2": "scorm12", "2004": "scorm2004"}


def invalidities(manifest: etree._Element, edition: str, schemas: Path) -> Iterator[Finding]:
    """What the schemas of `edition` refuse; `schemas` holds the folders scorm12 and scorm2004, or the files.

    Raises:
        NotConfigured: the schemas are not there or cannot be read.
    """
    folder = schemas / FOLDERS[edition] if (schemas / FOLDERS[edition]).is_dir() else schemas
    schema = _schema(edition, folder)
    if schema.validate(manifest):
        return
    for entry in list(schema.error_log)[:MOST_TOLD]:  # type: ignore[call-overload]
        yield error("SCHEMA_INVALID", entry.message, f"imsmanifest.xml line {entry.line}")


@lru_cache(maxsize=4)
def _schema(edition: str, folder: Path) -> etree.XMLSchema:
    missing = [name for _, name in ENTRIES[edition] if not (folder / name).is_file()]
    if missing:
        raise NotConfigured(
            f"The package was not checked against schemas: {folder} has no {', '.join(missing)}.",
            hint="Give the folder of the published SCORM schemas, or leave --schemas out.",
        )
    root = etree.Element(f"{{{_XS}}}schema", nsmap={"xs": _XS})
    for namespace, name in ENTRIES[edition]:
        place = (folder / name).resolve().as_uri()
        etree.SubElement(root, f"{{{_XS}}}import", {"namespace": namespace, "schemaLocation": place})
    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    try:
        # Read again from text, so that the imports are resolved by this parser.
        return etree.XMLSchema(etree.fromstring(etree.tostring(root), parser))
    except etree.XMLSchemaParseError as fault:
        raise NotConfigured(
            f"The package was not checked against schemas: those in {folder} cannot be read ({fault}).",
            hint="Give the folder of the published SCORM schemas.",
        ) from fault
