"""The one filter for secrets: whatever is logged, recorded, told in metadata or answered in an error passes it.

A secret is found by the name of the member that holds it, or by its shape inside text. Too much is rather hidden than
too little. What has neither a name nor a shape of its own cannot be found; therefore secrets are never put into
messages in the first place, and this is the second line.
"""

import base64
import binascii
import re
from collections.abc import Mapping, Set
from typing import Any

REDACTED = "[redacted]"
# Texts in which nothing was found: most lines say the same few words again. Nothing that holds a secret is kept.
SHORT, MOST_CLEAN = 120, 4_096
_CLEAN: set[str] = set()
SECRET_NAME = re.compile(
    r"pass(?:word|wd|phrase)?$|(?:^|_)pwd$|passw|secret|token|authorization|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|credential|cookie",
    re.I,
)
_NAMED = (
    r"[\w.-]{0,64}?(?:passw(?:or)?d|passphrase|pwd|secret|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key"
    r"|credentials?|security[_-]?token|session[_-]?token|access[_-]?token|refresh[_-]?token|id[_-]?token|client[_-]?secret)"
    r"(?:[_-][\w-]{1,32})?"
)
_VALUE = r"""(?:\\?"(?:[^"\\]|\\.){0,4096}\\?"|'(?:[^'\\]|\\.){0,4096}'|[^\s"'&;,)}\]]{1,4096})"""
_IN_QUERY = (
    r"(?:X-(?:Amz|Goog)-(?:Signature|Credential|Security-Token)|AWSAccessKeyId|GoogleAccessId|Key-Pair-Id|Policy|Signature|sig"
    r"|token|access_token|id_token|refresh_token|code|api_?key|key|secret|client_secret|password|pwd)"
)
_SHAPES = re.compile(
    "|".join(
        (
            # A private key, also where lines are written as \n, and where its end was cut off.
            r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY-----(?:(?!-----END)[\s\S])*(?:-----END [A-Z0-9 ]{0,30}KEY-----)?",
            # The password in an address; it may hold an @ of its own.
            r"(?P<keep_address>://[^:/@\s\"']{0,256}:)[^\s\"'<>]{1,512}(?=@)",
            r"(?P<keep_query>(?:[?&]|%3F|%26)" + _IN_QUERY + r"(?:=|%3D))(?:(?!%26)[^&\s\"'<>#]){1,8192}",
            r"(?P<keep_bearer>\bBearer\s+)[A-Za-z0-9._~+/=-]+",
            r"(?P<basic>\bBasic\s+[A-Za-z0-9+/_-]{4,4096}={0,2})",
            r"(?P<keep_named>(?<![\w-])\\?[\"']?" + _NAMED + r"\\?[\"']?\s{0,4}[=:]\s{0,4})" + _VALUE,
            r"\bcsk_[A-Za-z0-9]+_[A-Za-z0-9_-]+",
            r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*",
            r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[0-9A-Z]{16}\b",
            r"\b(?:gh[opsur]_|github_pat_|glpat-|xox[abeoprs]-|sk-|sk_live_|sk_test_|rk_live_|AIza)[A-Za-z0-9_-]{16,}",
            # A secret access key by itself: forty characters of base64 with capitals, small letters and digits, which
            # no hash in hex has.
            r"(?P<forty>(?<![A-Za-z0-9/+_.-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-]))",
        )
    ),
    re.I,
)


def redact(value: Any) -> Any:
    """`value` without secrets: members with a secret's name, and secrets inside text, are replaced.

    Mappings and sequences come back as dicts and lists; what is no JSON (bytes, errors, paths) comes back as text where
    it holds a secret and as it was otherwise.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Mapping):
        return {_name(k): REDACTED if SECRET_NAME.search(str(k)) else redact(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    if isinstance(value, Set):
        return sorted((redact(item) for item in value), key=str)
    if isinstance(value, bytes | bytearray):
        return redact_text(bytes(value).decode("utf-8", "replace"))
    said = str(value)
    hidden = redact_text(said)
    return value if hidden == said else hidden


def redact_text(said: str) -> str:
    """The text without secrets."""
    if said in _CLEAN:
        return said
    hidden = _SHAPES.sub(_hide, said)
    if hidden == said and len(said) <= SHORT:
        if len(_CLEAN) >= MOST_CLEAN:
            _CLEAN.clear()
        _CLEAN.add(said)
    return hidden


def as_text(value: Any) -> str:
    """For a JSON writer's `default`: what is no JSON, as text without secrets."""
    return redact_text(str(value))


def _name(key: Any) -> Any:
    return redact_text(key) if isinstance(key, str) else key


def _hide(found: re.Match[str]) -> str:
    whole = found.group()
    if found.group("basic") and not _is_basic(whole):
        return whole
    if found.group("forty") and not _looks_random(whole):
        return whole
    kept = next((found.group(name) for name in KEPT if found.group(name)), "")
    return kept + REDACTED


KEPT = tuple(name for name in _SHAPES.groupindex if name.startswith("keep_"))


def _is_basic(header: str) -> bool:
    """Whether what follows the word is `name:password`, so that sentences with the word stay."""
    given = header.split(None, 1)[1].rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return b":" in base64.b64decode(given + "=" * (-len(given) % 4))
    except (binascii.Error, ValueError):
        return False


def _looks_random(run: str) -> bool:
    return bool(re.search("[a-z]", run) and re.search("[A-Z]", run) and re.search("[0-9]", run))
