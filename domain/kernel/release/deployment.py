"""Gate B: what a person signs before a version is deployed, and whether the code that is here has been signed.

The content names the version by the SHA-256 of its files, its endpoints with a sample payload each, and what the smoke
test said. One changed file is another version.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from domain.kernel.canonical import content_hash, sha256_hex
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.gates import RELEASE_DEPLOYMENT
from domain.kernel.release.gate import approved, standing
from domain.kernel.release.planned import lay_before
from domain.kernel.release.render import ROOT, head_revision
from domain.kernel.settings import DbRole, Env
from domain.kernel.signed import Countersignature

FOLDERS = ("api", "cli", "domain", "migrations", "orchestration", "sql")
FILES = ("pyproject.toml", "requirements.lock", "workspace.yaml")
LEFT_OUT = ("__pycache__", ".pyc")
LONGEST_SMOKE_BYTES = 256 * 1024
VERBS = ("get", "post", "put", "patch", "delete")


def source_sha256() -> str:
    """The SHA-256 over path and content of every file that a version consists of, in order of their paths."""
    lines = [
        f"{path.relative_to(ROOT).as_posix()} {sha256_hex(path.read_bytes())}"
        for path in sorted(_files(), key=lambda path: path.relative_to(ROOT).as_posix())
    ]
    return sha256_hex("\n".join(lines).encode())


def _files() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and not any(part in path.as_posix() for part in LEFT_OUT):
                yield path
    yield from (ROOT / name for name in FILES if (ROOT / name).exists())


def this_version() -> dict[str, str]:
    """Which version the code here is: its number, its files' SHA-256, and the schema that it expects."""
    return {"version": version("countersign"), "source_sha256": source_sha256(), "schema": head_revision()}


def endpoints(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Method, path, summary and a sample payload of each operation of an OpenAPI document, in order.

    Raises:
        Invalid: it is no such document.
    """
    paths = document.get("paths")
    if not isinstance(paths, dict) or not paths:
        raise Invalid("That is no OpenAPI document with operations.", hint="Give the address of a running copy.")
    schemas = document.get("components", {}).get("schemas", {})
    return [
        {
            "method": verb.upper(),
            "path": path,
            "summary": operation.get("summary", ""),
            "sample": _sample_of(operation, schemas),
        }
        for path, item in sorted(paths.items())
        for verb, operation in sorted(item.items())
        if verb in VERBS
    ]


def _sample_of(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    return None if schema is None else sample(schema, schemas)


def sample(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int = 0) -> Any:
    """A value that fits the schema: its example or default where it has one, else the plainest of its type."""
    for name in ("example", "default", "const"):
        if name in schema:
            return schema[name]
    if schema.get("examples") or schema.get("enum"):
        return (schema.get("examples") or schema["enum"])[0]
    if "$ref" in schema:
        return None if depth > 8 else sample(schemas.get(schema["$ref"].rsplit("/", 1)[1], {}), schemas, depth + 1)
    for name in ("anyOf", "oneOf", "allOf"):
        if schema.get(name):
            return sample(schema[name][0], schemas, depth + 1)
    return _plainest(schema, schemas, depth)


def _plainest(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int) -> Any:
    if schema.get("type") == "object" or "properties" in schema:
        wanted = sorted(schema.get("required") or schema.get("properties", {}))
        found = schema.get("properties", {})
        return {name: sample(found.get(name, {}), schemas, depth + 1) for name in wanted}
    if schema.get("type") == "array":
        return [sample(schema.get("items", {}), schemas, depth + 1)]
    return {"string": "text", "integer": 1, "number": 1, "boolean": False}.get(str(schema.get("type")))


def smoke_results(files: Collection[Path]) -> list[dict[str, str]]:
    """What the smoke test said: each file's name, text and SHA-256.

    Raises:
        Invalid: none, one that is missing, no text, or too long to be read by a person.
    """
    told = []
    for path in files:
        try:
            raw = path.read_bytes()
            text = raw.decode()
        except (OSError, UnicodeDecodeError) as cause:
            raise Invalid(f"{path} is no text file that can be read.", hint="Give the smoke test's output.") from cause
        if not text.strip() or len(raw) > LONGEST_SMOKE_BYTES or "\x00" in text:
            raise Invalid(f"{path} is empty, or longer than {LONGEST_SMOKE_BYTES // 1024} kB.")
        told.append({"name": path.name, "sha256": sha256_hex(raw), "text": text})
    if not told:
        raise Invalid("Gate B needs the result of the smoke test.", hint="Give it with --smoke FILE.")
    return told


def propose_deployment(
    env: Env,
    document: Mapping[str, Any],
    smoke: Collection[Path],
    *,
    notes: str,
    rollback_plan: str,
    authors: Collection[str] = (),
) -> dict[str, Any]:
    """Lay the deployment of the version here before a RELEASE_APPROVER of `env`, as JSON.

    Raises:
        Invalid: no smoke result, no operations, or no notes and rollback plan outside dev.
    """
    if env is not Env.DEV and not (notes.strip() and rollback_plan.strip()):
        raise Invalid(
            f"Gate C for {env.value} needs release notes and a rollback plan.", hint="--notes FILE --rollback-plan FILE"
        )
    served = endpoints(document)
    content = this_version() | {
        "environment": env.value,
        "endpoints": served,
        "openapi_sha256": content_hash(document),
        "smoke": smoke_results(smoke),
        "release_notes": notes.strip(),
        "rollback_plan": rollback_plan.strip(),
    }
    with transaction("PLATFORM", DbRole.OWNER) as connection:
        proposal = lay_before(
            connection,
            RELEASE_DEPLOYMENT,
            env,
            json.loads(json.dumps(content)),
            summary=f"Deploy version {content['version']} to {env.value}: {len(served)} endpoints.",
            evidence={"endpoints": len(served), "source_sha256": content["source_sha256"]},
            authors=authors,
        )
    return content | {
        "content_hash": proposal.content_hash,
        "proposal": {"id": str(proposal.proposal_id), "state": proposal.state},
    }


def signed_deployment(env: Env) -> Countersignature:
    """The standing signature on the version that is here.

    Raises:
        Conflict: GATE_REQUIRED; HASH_MISMATCH, another version of it was signed.
    """
    here, others = this_version(), 0
    with transaction("PLATFORM", DbRole.OWNER) as connection:
        for row in approved(connection, RELEASE_DEPLOYMENT.kind, env):
            signed = standing(connection, row, env, RELEASE_DEPLOYMENT.kind)
            if signed is None:
                continue
            if {name: row["content"].get(name) for name in here} == here:
                return signed
            others += 1
    if others:
        raise Conflict(
            f"What was countersigned for {env.value} is another version than the one here.",
            hint="Run `countersign release plan` with a new smoke test and have it countersigned.",
            code="HASH_MISMATCH",
        )
    raise Conflict(
        f"No deployment to {env.value} stands countersigned.",
        hint="Run `countersign release plan --smoke FILE`, have it countersigned by a RELEASE_APPROVER.",
        code="GATE_REQUIRED",
    )
