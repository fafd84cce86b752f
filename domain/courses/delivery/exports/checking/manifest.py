"""The manifest against itself and against the files: what the schemas of SCORM do not see."""

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from lxml import etree

from domain.courses.delivery.exports.checking.archive import unsafe
from domain.courses.delivery.exports.checking.findings import Finding, error, warning

NAME = "imsmanifest.xml"
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
EDITIONS = {"http://www.imsproject.org/xsd/imscp_rootv1p1p2": "1.2", "http://www.imsglobal.org/xsd/imscp_v1p1": "2004"}
SCORM_TYPE = {
    "1.2": "{http://www.adlnet.org/xsd/adlcp_rootv1p2}scormtype",
    "2004": "{http://www.adlnet.org/xsd/adlcp_v1p3}scormType",
}
CONTROL = {
    "1.2": ("imscp_rootv1p1p2.xsd", "adlcp_rootv1p2.xsd", "imsmd_rootv1p2p1.xsd", "ims_xml.xsd"),
    "2004": ("imscp_v1p1.xsd", "adlcp_v1p3.xsd", "adlseq_v1p3.xsd", "adlnav_v1p3.xsd", "imsss_v1p0.xsd"),
}


@dataclass(frozen=True)
class Manifest:
    """A manifest that could be read: its root, its edition, and the version that it says."""

    root: etree._Element
    edition: str
    says: str

    def all(self, name: str) -> list[etree._Element]:
        """All elements of this name in the packaging namespace."""
        return list(self.root.iter(f"{{{etree.QName(self.root).namespace}}}{name}"))

    def text_of(self, parent: etree._Element, name: str) -> str:
        """The text of a child, empty where there is none."""
        child = parent.find(f"{{{etree.QName(self.root).namespace}}}{name}")
        return "" if child is None else (child.text or "").strip()


def read_manifest(data: bytes) -> Manifest | Finding:
    """The manifest, or why it cannot be judged. Entities are not resolved, nothing is fetched."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        return error("MANIFEST_NOT_XML", f"The manifest cannot be read: {fault}.", NAME)
    if root.getroottree().docinfo.internalDTD is not None:
        return error("MANIFEST_DTD", "The manifest declares a document type, by which files can be drawn in.", NAME)
    name = etree.QName(root)
    edition = EDITIONS.get(name.namespace or "")
    if name.localname != "manifest" or edition is None:
        return error("EDITION_UNKNOWN", "The manifest is neither of SCORM 1.2 nor of SCORM 2004.", NAME)
    versions = [element for element in root.iter() if etree.QName(element).localname == "schemaversion"]
    return Manifest(root, edition, (versions[0].text or "").strip() if versions else "")


def faults(manifest: Manifest, names: Sequence[str]) -> Iterator[Finding]:
    """All that is wrong with the manifest and with its files."""
    yield from _edition(manifest, names)
    yield from _identifiers(manifest)
    yield from _organizations(manifest)
    yield from _items(manifest)
    yield from _resources(manifest)
    yield from _files(manifest, names)


def _edition(manifest: Manifest, names: Sequence[str]) -> Iterator[Finding]:
    if not manifest.says.startswith(manifest.edition):
        yield error(
            "EDITION_UNCLEAR",
            f"The manifest's vocabulary is of SCORM {manifest.edition}, its schemaversion is '{manifest.says}'.",
            NAME,
        )
    for name in CONTROL[manifest.edition]:
        if name not in names:
            yield warning("CONTROL_DOCUMENT_MISSING", "The schema document is not beside the manifest.", name)


def _identifiers(manifest: Manifest) -> Iterator[Finding]:
    seen: set[str] = set()
    for element in [manifest.root, *(e for n in ("organization", "item", "resource") for e in manifest.all(n))]:
        identifier = element.get("identifier", "")
        if identifier in seen:
            yield error("DUPLICATE_IDENTIFIER", "The identifier stands more than once.", identifier)
        seen.add(identifier)


def _organizations(manifest: Manifest) -> Iterator[Finding]:
    there = {organization.get("identifier") for organization in manifest.all("organization")}
    if not there:
        yield error("NO_ORGANIZATION", "The manifest has no organization: there is no course to show.", NAME)
    for element in manifest.all("organizations"):
        default = element.get("default")
        if default is None and there:
            yield warning("DEFAULT_ORGANIZATION_MISSING", "No organization is named as default.", NAME)
        elif default is not None and default not in there:
            yield error("DEFAULT_ORGANIZATION_MISSING", f"The default organization '{default}' does not exist.", NAME)


def _items(manifest: Manifest) -> Iterator[Finding]:
    resources = {resource.get("identifier") for resource in manifest.all("resource")}
    for organization in manifest.all("organization"):
        if not manifest.text_of(organization, "title"):
            yield error("TITLE_MISSING", "The organization has no title.", organization.get("identifier", ""))
    for item in manifest.all("item"):
        where, target = item.get("identifier", ""), item.get("identifierref")
        if not manifest.text_of(item, "title"):
            yield error("TITLE_MISSING", "The item has no title.", where)
        if target is not None and target not in resources:
            yield error("DANGLING_REFERENCE", f"The item refers to '{target}', which is no resource.", where)
        if target is None and item.find(f"{{{etree.QName(item).namespace}}}item") is None:
            yield warning("ITEM_WITHOUT_RESOURCE", "The item leads to no resource and holds no items.", where)
    for dependency in manifest.all("dependency"):
        target = dependency.get("identifierref")
        if target not in resources:
            yield error("DANGLING_REFERENCE", f"A dependency refers to '{target}', which is no resource.", str(target))


def _resources(manifest: Manifest) -> Iterator[Finding]:
    for resource in manifest.all("resource"):
        kind, where = resource.get(SCORM_TYPE[manifest.edition]), resource.get("identifier", "")
        if kind is None:
            yield error("SCORM_TYPE_MISSING", "The resource does not say whether it is a SCO or an asset.", where)
        if kind == "sco" and not resource.get("href"):
            yield error("SCO_WITHOUT_HREF", "The SCO has no href: it cannot be started.", where)


def _files(manifest: Manifest, names: Sequence[str]) -> Iterator[Finding]:
    there, folded = set(names), {name.casefold(): name for name in names}
    listed: set[str] = set()
    for element in [*manifest.all("resource"), *manifest.all("file")]:
        href = element.get("href")
        if not href:
            continue
        place = urlsplit(href)
        if place.scheme or place.netloc:
            yield warning("EXTERNAL", "The file lies outside the package.", href)
            continue
        path = _path(element, place.path)
        listed.add(path)
        if (problem := unsafe(path)) is not None:
            yield error("UNSAFE_PATH", f"The href {problem}.", href)
        elif path not in there and path.casefold() in folded:
            yield error("FILE_CASE", f"The file in the package is named {folded[path.casefold()]}.", path)
        elif path not in there:
            yield error("FILE_MISSING", "The file is not in the package.", path)
    for name in sorted(there - listed):
        if name != NAME and not name.endswith((".xsd", ".dtd")):
            yield warning("FILE_UNLISTED", "The file is in the package and no resource names it.", name)


def _path(element: etree._Element, href: str) -> str:
    """The path from the root of the package: each xml:base above it goes before."""
    above = [ancestor.get(_BASE, "") for ancestor in element.iterancestors()]
    path = unquote("".join([*reversed(above), element.get(_BASE, ""), href]))
    # `a/./b` is a spelling; `..` stays where it leads out, and is refused.
    return posixpath.normpath(path) if path else path
