"""The schema documents that stand beside a SCORM manifest: our own, of the vocabulary that we write (record 64).

They carry the names, namespaces and element names of the published control documents, so that a manifest validates
against the files that lie beside it; they are not those documents and describe no more than we use.
"""

from importlib import resources
from typing import Literal


def control_documents(edition: Literal["scorm12", "scorm2004"]) -> dict[str, bytes]:
    """The documents of one edition by the name under which they lie at the root of the ZIP."""
    folder = resources.files(__package__) / edition
    found = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.name.endswith(".xsd")}
    return dict(sorted(found.items()))
