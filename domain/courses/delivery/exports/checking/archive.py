"""The ZIP itself, taken as hostile: judged by its directory first, then read in pieces and never more than it said."""

import io
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from domain.courses.delivery.exports.checking.findings import Finding, Limits, error, warning

_END = b"PK\x05\x06"
_END_BYTES = 22
_LONGEST_COMMENT = 65_535
_LOCATOR_64 = b"PK\x06\x07"
_LOCATOR_BYTES = 20
_PIECE = 1 << 16
_ENCRYPTED = 0x1
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, struct.error, OverflowError)


@dataclass
class Archive:
    """What was found of a ZIP: its files by name, and what is wrong with it. `of` reads one of them."""

    findings: list[Finding] = field(default_factory=list)
    names: tuple[str, ...] = ()
    _members: dict[str, zipfile.ZipInfo] = field(default_factory=dict)
    _file: zipfile.ZipFile | None = None

    def of(self, name: str) -> bytes | None:
        """The bytes of a file, or None where it cannot be read."""
        if self._file is None or name not in self._members:
            return None
        try:
            return self._file.read(self._members[name])
        except _BROKEN:
            return None


def read_archive(data: bytes, limits: Limits) -> Archive:
    """Open and judge. Nothing is written, and nothing is unpacked once a limit is passed."""
    if problem := _refusal(data, limits):
        return Archive([problem])
    try:
        file = zipfile.ZipFile(io.BytesIO(data))
    except _BROKEN as fault:
        return Archive([error("NOT_A_ZIP", f"The file cannot be opened as a ZIP: {fault}.")])
    members = file.infolist()
    findings = [*_sizes(members, len(data), limits)]
    if findings:
        return Archive(findings)
    findings += [finding for member in members for finding in _member(member)]
    findings += _names([member.orig_filename for member in members])
    kept = {member.orig_filename: member for member in members if not member.is_dir()}
    findings += _contents(file, kept)
    return Archive(findings, tuple(sorted(kept)), kept, file)


def _refusal(data: bytes, limits: Limits) -> Finding | None:
    """What can be said from the end record alone, before the directory is taken into memory."""
    if len(data) > limits.packed_bytes:
        return error("TOO_LARGE", f"The file has {len(data):,} bytes; at most {limits.packed_bytes:,} are looked at.")
    at = data.rfind(_END, max(0, len(data) - _END_BYTES - _LONGEST_COMMENT))
    if at < 0 or len(data) - at < _END_BYTES:
        return error("NOT_A_ZIP", "The file is no ZIP: it has no end record.")
    if data[max(0, at - _LOCATOR_BYTES) : at].startswith(_LOCATOR_64):
        return error("ZIP64", "The file is a ZIP64, which few an LMS opens.")
    (directory,) = struct.unpack_from("<L", data, at + 12)
    if directory > limits.directory_bytes:
        return error("TOO_MANY_FILES", f"The ZIP's directory has {directory:,} bytes; it is not opened.")
    return None


def _sizes(members: list[zipfile.ZipInfo], packed: int, limits: Limits) -> Iterator[Finding]:
    unpacked = sum(member.file_size for member in members)
    if len(members) > limits.files:
        yield error("TOO_MANY_FILES", f"The ZIP has {len(members):,} entries; at most {limits.files:,} are looked at.")
    if unpacked > limits.unpacked_bytes:
        yield error(
            "TOO_LARGE", f"Unpacked it has {unpacked:,} bytes; at most {limits.unpacked_bytes:,} are looked at."
        )
    elif unpacked > limits.ratio_from_bytes and unpacked > limits.ratio * packed:
        yield error("ZIP_BOMB", f"{packed:,} bytes unpack to {unpacked:,}: it is made to burst, and is not unpacked.")
    if sum(member.compress_size for member in members) > packed:
        yield error("ZIP_BOMB", "Its entries overlap: together they are larger than the file, and are not unpacked.")


def _member(member: zipfile.ZipInfo) -> Iterator[Finding]:
    name = member.orig_filename
    if member.flag_bits & _ENCRYPTED:
        yield error("ENCRYPTED", "The file is encrypted.", name)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        yield error("METHOD", "The file is packed by a method other than deflate.", name)
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        yield error("UNSAFE_PATH", "The entry is a link or a device, not a file.", name)
    if problem := unsafe(name):
        yield error("UNSAFE_PATH", f"The name {problem}.", name)
    elif not name.isascii():
        yield warning("NAME_NOT_ASCII", "The name has letters beyond ASCII, which not every LMS unpacks.", name)


def unsafe(name: str) -> str | None:
    """Why a name must not be unpacked, or None."""
    parts = name.removesuffix("/").split("/")
    if not name or name.startswith("/"):
        return "is absolute or empty"
    if "\\" in name:
        return "has a backslash"
    if ":" in parts[0]:
        return "has a drive"
    if any(part in ("", ".", "..") for part in parts):
        return "leads out of its folder, or has an empty part"
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in name):
        return "has control characters"
    return None


def _names(names: list[str]) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name in names:
        folded = unicodedata.normalize("NFC", name).casefold().removesuffix("/")
        other = seen.setdefault(folded, name)
        if other == name and names.count(name) > 1:
            yield error("DUPLICATE_NAME", "The name stands more than once.", name)
        elif other != name:
            yield error("CASE_CLASH", f"The name differs from {other} only in case.", name)
    folders = {folded.rsplit("/", 1)[0] for folded in seen if "/" in folded}
    for folded, name in seen.items():
        if folded in folders and not name.endswith("/"):
            yield error("CASE_CLASH", "The name is that of a file and of a folder.", name)


def _contents(file: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> Iterator[Finding]:
    """Read every file to its end, in pieces: its checksum must hold."""
    for name, member in sorted(members.items()):
        if member.flag_bits & _ENCRYPTED or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            continue
        try:
            with file.open(member) as stream:
                while stream.read(_PIECE):
                    pass
        except _BROKEN as fault:
            yield error("BROKEN_FILE", f"The file cannot be unpacked: {fault}.", name)
