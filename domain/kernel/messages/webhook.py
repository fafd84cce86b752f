"""Signed webhooks: HMAC-SHA256 over timestamp and body, to a judged address, without following anything anywhere."""

import hashlib
import hmac
import json
import ssl
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlunsplit

import httpx

from domain.kernel.errors import CountersignError, Invalid, Unavailable
from domain.kernel.messages.guard import Resolve, Target, resolve, target_of
from domain.kernel.messages.secret import webhook_secret

TIMEOUT_S = 10.0
SIGNATURE = "Countersign-Signature"
DELIVERY = "Countersign-Delivery"


def signature_of(secret: str, at: datetime, body: bytes) -> str:
    """What the receiver computes too: `t=<seconds>,v1=<hex of HMAC-SHA256(secret, seconds.body)>`."""
    seconds = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def send_webhook(
    url: str,
    channel_id: uuid.UUID,
    delivery_id: uuid.UUID,
    payload: Mapping[str, Any],
    at: datetime,
    resolve: Resolve = resolve,
) -> None:
    """Post the payload. A receiver tells a repetition by the delivery's id.

    Raises:
        Unavailable: no answer, or one that another try may better.
        Invalid: the address may not be reached, or the receiver will never take it.
    """
    target = target_of(url, resolve)
    body = json.dumps(dict(payload), sort_keys=True, separators=(",", ":")).encode()
    headers = {
        "Host": target.url.netloc,
        "Content-Type": "application/json",
        "User-Agent": "Countersign",
        SIGNATURE: signature_of(webhook_secret(channel_id), at, body),
        DELIVERY: str(delivery_id),
    }
    try:
        status = _post(target, headers, body)
    except (httpx.HTTPError, ssl.SSLError) as cause:
        raise Unavailable(f"The webhook did not answer ({type(cause).__name__}).") from cause
    if 200 <= status < 300:
        return
    refusal: type[CountersignError] = Invalid if status in {400, 401, 403, 404, 405, 410, 413, 422} else Unavailable
    raise refusal(f"The webhook answered {status}.")


def _post(target: Target, headers: Mapping[str, str], body: bytes) -> int:
    """To the judged address, under the name that the certificate must carry; the answer's body is not read."""
    host = f"[{target.address}]" if ":" in target.address else target.address
    pinned = urlunsplit((target.url.scheme, f"{host}:{target.port}", target.url.path or "/", target.url.query, ""))
    with (
        httpx.Client(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False) as client,
        client.stream(
            "POST", pinned, headers=dict(headers), content=body, extensions={"sni_hostname": target.host}
        ) as answer,
    ):
        return answer.status_code
