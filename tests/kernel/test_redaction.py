"""The filter for secrets: every shape, under every name, in every wrapping; and it leaves sentences alone."""

import base64
import io
import json
import logging
import time
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.logs import configure_logs, logger
from domain.kernel.redaction import REDACTED, redact

PASSWORD = "hunter2hunter2hunter2"
AWS_KEY = "AKIAIOSFODNN7EXAMPLE"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
API_KEY = "csk_gridlens_Zk3vQpT9xW8rLm2N"
SIGNED = f"https://b.s3.amazonaws.com/r.pdf?X-Amz-Algorithm=A&X-Amz-Credential={AWS_KEY}%2F20261121&X-Amz-Signature=deadbeef01"
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLWhlcmU"
PEM = (
    Ed25519PrivateKey.generate()
    .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    .decode()
)
PEM_BODY = PEM.splitlines()[1]
BASIC = base64.b64encode(f"ada:{PASSWORD}".encode()).decode()
SAID = [
    (f"postgresql://app:{PASSWORD}@db.example:5432/countersign", PASSWORD),
    (f"postgresql://app:{PASSWORD}p@ss@db/countersign", "p@ss"),
    (f"connection failed: host=db user=app password={PASSWORD} dbname=c", PASSWORD),
    (f"PGPASSWORD='{PASSWORD}' psql", PASSWORD),
    (f'{{"password": "{PASSWORD}"}}', PASSWORD),
    (f"{{'db_password': '{PASSWORD}'}}", PASSWORD),
    (json.dumps({"inner": json.dumps({"password": PASSWORD})}), PASSWORD),
    (f"redis://:{PASSWORD}@cache:6379/0", PASSWORD),
    (API_KEY, "Zk3vQpT9xW8rLm2N"),
    (f"X-Api-Key: {PASSWORD}", PASSWORD),
    (f"api_key={PASSWORD}", PASSWORD),
    (AWS_KEY, AWS_KEY),
    (f"aws_secret_access_key = {AWS_SECRET}", AWS_SECRET),
    (f"AWS_SECRET_ACCESS_KEY={AWS_SECRET}", AWS_SECRET),
    (f'"SecretAccessKey": "{AWS_SECRET}"', AWS_SECRET),
    (AWS_SECRET, AWS_SECRET),
    (f"signing with {AWS_SECRET} failed", AWS_SECRET),
    (SIGNED, "deadbeef01"),
    (SIGNED, AWS_KEY),
    (quote(SIGNED, safe=""), "deadbeef01"),
    ("/v1/objects/r.pdf?expires=17&signature=0123456789abcdef&tenant=T", "0123456789abcdef"),
    ("https://x.blob.core.windows.net/c/f?sv=2024&sig=abc%2Bdef%3D", "abc%2Bdef"),
    (f"https://id.example/callback?code={PASSWORD}&state=1", PASSWORD),
    (f"Authorization: Bearer {PASSWORD}", PASSWORD),
    (JWT, "c2lnbmF0dXJlLWhlcmU"),
    (f"Authorization: Basic {BASIC}", BASIC),
    (f"sent Basic {BASIC} to it", BASIC),
    (PEM, PEM_BODY),
    (json.dumps(PEM), PEM_BODY),
    (PEM[: len(PEM) - 40], PEM_BODY[:30]),
    ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "0123456789abcdefghij"),
]
NAMES = ["password", "PGPASSWORD", "api_key", "X-Api-Key", "aws_secret_access_key", "access_token", "privateKey"]


@pytest.mark.parametrize(("said", "secret"), SAID, ids=range(len(SAID)))
def test_a_secret_inside_text_is_hidden_whatever_stands_around_it(said: str, secret: str) -> None:
    for text in (said, f"before {said} after", f"before\n{said}\nafter", f"({said})"):
        hidden = str(redact({"note": [text]}))
        assert secret not in hidden
        assert REDACTED in hidden
    assert str(redact(f"before {said} after")).startswith("before ")


@pytest.mark.parametrize("name", NAMES)
def test_what_a_secrets_name_holds_is_hidden_whatever_it_is(name: str) -> None:
    assert redact({name: PASSWORD, "n": {name: [PASSWORD]}}) == {name: REDACTED, "n": {name: REDACTED}}


class Odd:
    def __str__(self) -> str:
        return f"postgresql://app:{PASSWORD}@db/c"


@pytest.mark.parametrize(
    "value",
    [
        Odd(),
        ValueError(f"password={PASSWORD}"),
        f"password={PASSWORD}".encode(),
        {f"password={PASSWORD}": 1},
        {f"password={PASSWORD}"},
        (f"password={PASSWORD}",),
    ],
    ids=["object", "error", "bytes", "name", "set", "tuple"],
)
def test_what_is_no_plain_json_hides_nothing_either(value: Any) -> None:
    assert PASSWORD not in str(redact({"x": value}))


@pytest.mark.parametrize(
    "sentence",
    [
        "Basic statistics of FEEDER_7 were computed.",
        "The secretary: Ada; basic training took 3 h.",
        "SHA-256 6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "git 3696637f8abffdd0d0c0535f67f71243a8a8220aa",
        "GET /grid/feeders/FEEDER_7?from=2026-11-01&to=2026-11-21&key_figure=loss",
        "http://127.0.0.1:8080/v1/ledger?limit=50",
        "01a1fdd9-58d9-7856-80ca-35539721503c",
        "Lineage of v_kpi_electric_feeder_loss_daily is at /lineage/01a1fdd9.",
        "The public key -----BEGIN PUBLIC KEY----- MCowBQYDK2VwAyEA -----END PUBLIC KEY-----",
    ],
)
def test_sentences_hashes_and_addresses_stay(sentence: str) -> None:
    assert redact(sentence) == sentence


wrapping = st.text(st.characters(blacklist_categories=("Cs", "L", "N")), max_size=6).filter(
    lambda s: not any(c in s for c in "_-./+=@\\\"'")
)
alphabet = st.characters(whitelist_categories=("Lu", "Ll", "Nd"), max_codepoint=127)
passwords = st.text(alphabet, min_size=12, max_size=30).filter(lambda s: "redacted" not in s.lower())


@given(wrapping, passwords, wrapping, st.sampled_from(range(5)))
def test_no_planted_password_is_left(before: str, secret: str, after: str, form: int) -> None:
    said = [
        f"postgresql://u:{secret}@h/db",
        f"password={secret}",
        f'"api_key": "{secret}"',
        f"https://h/f?X-Amz-Signature={secret}&a=1",
        f"csk_abc_{secret}",
    ][form]
    assert secret not in redact(f"{before} {said} {after}")


@given(st.text(max_size=300))
def test_the_filter_is_total_and_its_result_holds_nothing_more_to_hide(said: str) -> None:
    assert redact(redact(said)) == redact(said) or REDACTED in redact(said)


@pytest.mark.parametrize(
    "unit",
    [
        "://a:",
        'password="',
        "-----BEGIN PRIVATE KEY-----",
        "?sig=",
        "Bearer ",
        "Basic AAAA",
        "a",
        "A1b/",
        "secret_",
        "= ",
        '\\"',
        "a.",
    ],
)
def test_hostile_text_takes_no_longer_than_other_text(unit: str) -> None:
    hostile = unit * (100_000 // len(unit))
    began = time.process_time()
    redact(hostile)
    assert time.process_time() - began < 3.0


def test_a_log_line_hides_what_stands_in_messages_members_and_objects() -> None:
    stream = io.StringIO()
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    try:
        configure_logs("test", stream=stream)
        logger("t").info("said", url=Odd(), note=f"x password={PASSWORD}", headers={"Authorization": PASSWORD})
        logging.getLogger("lib").warning("connecting to %s", f"postgresql://u:{PASSWORD}@h/d")
        try:
            raise RuntimeError(f"aws_secret_access_key={AWS_SECRET}")
        except RuntimeError:
            logger("t").exception("failed")
    finally:
        root.handlers[:] = kept
        root.setLevel(level)
    written = stream.getvalue()
    assert len([json.loads(line) for line in written.splitlines()]) == 3
    assert PASSWORD not in written
    assert AWS_SECRET not in written
