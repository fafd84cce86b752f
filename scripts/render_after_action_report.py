"""Render the after-action report of one replay from files, without database or service.

    python scripts/render_after_action_report.py --summary_json replay.json --brand_json brand.json \
        --out_pdf after_action.pdf --out_docx after_action.docx

The summary is the replay's JSON; the brand is {"name", "logo_path" or "logo", "primary", "accent", "address",
"currency"}, each optional. Without a signature the draft edition is made. Exit code 0: made; 2: the input is not fit.
"""

import argparse
import base64
import binascii
import hashlib
import json
import sys
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from domain.grid.outages.report.identity import RENDERER_VERSION, report_content_hash  # noqa: E402
from domain.grid.outages.report.pdf import render_pdf  # noqa: E402
from domain.grid.outages.report.word.render import render_docx  # noqa: E402
from domain.grid.outages.rules.summary import ReplaySummary  # noqa: E402
from domain.kernel.errors import CountersignError, Invalid  # noqa: E402
from domain.kernel.report.brand import Brand, ReportOptions, ReportSignature  # noqa: E402

MOST_FAULTS = 10
Model = TypeVar("Model", bound=BaseModel)


def main(arguments: list[str] | None = None) -> int:
    """Render what was asked for; returns the exit code."""
    asked = _arguments().parse_args(arguments)
    if asked.out_pdf is None and asked.out_docx is None:
        return _refused("No report was made: neither --out_pdf nor --out_docx was given. Name at least one.")
    try:
        told = render(asked)
    except CountersignError as fault:
        return _refused(str(fault), *(f"  {error['field']}: {error['message']}" for error in fault.errors))
    if asked.json:
        print(json.dumps(told, indent=1))
    else:
        for file in told["files"]:
            print(f"{file['path']}  {file['size_bytes']} bytes  sha256 {file['sha256']}")
        print(f"content {told['content_hash']}  {told['edition']} edition  {told['renderer_version']}")
    return 0


def render(asked: argparse.Namespace) -> dict[str, Any]:
    """Read the input, write the files, and tell what was written."""
    summary = read(asked.summary_json, ReplaySummary, "summary")
    brand = read(asked.brand_json, Brand, "brand") if asked.brand_json else Brand()
    signature = read(asked.signature_json, ReportSignature, "signature") if asked.signature_json else None
    options = ReportOptions(page_size=asked.page_size)
    edition = "draft" if signature is None else "signed"
    files = []
    for path, make in ((asked.out_pdf, render_pdf), (asked.out_docx, render_docx)):
        if path is not None:
            data = make(summary, brand, edition, options=options, signature=signature)
            files.append(_write(path, data))
    content = report_content_hash(summary, brand, options)
    return {"edition": edition, "content_hash": content, "renderer_version": RENDERER_VERSION, "files": files}


def read(path: Path, model: type[Model], what: str) -> Model:
    """A checked model from a JSON file.

    Raises:
        Invalid: the file cannot be read, is no JSON, or lacks or mistakes fields.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise Invalid(f"The {what} was not read: {path}: {fault.strerror}.", hint="Check the path.") from fault
    except (ValueError, RecursionError) as fault:
        raise Invalid(f"The {what} was not read: {path} is not JSON ({fault}).", hint="Give a JSON object.") from fault
    if not isinstance(value, dict):
        raise Invalid(f"The {what} was not read: {path} holds no JSON object.", hint="Give a JSON object.")
    if model is Brand:
        value = _with_logo(value, path.parent)
    try:
        return model.model_validate_json(json.dumps(value))
    except ValidationError as fault:
        faults = fault.errors(include_url=False, include_input=False)
        listed = [{"field": ".".join(map(str, f["loc"])) or "(whole)", "message": f["msg"]} for f in faults]
        more = f" (the first {MOST_FAULTS} are listed)" if len(listed) > MOST_FAULTS else ""
        raise Invalid(
            f"No report was made: {path} has {len(listed)} faults as a {what}{more}.", errors=listed[:MOST_FAULTS]
        ) from fault


def _with_logo(value: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The brand with the picture that `logo_path` names, relative to the brand's own file."""
    named = value.pop("logo_path", None)
    if not isinstance(named, str):
        return value
    try:
        return {**value, "logo": base64.b64encode((folder / named).read_bytes()).decode()}
    except (OSError, ValueError, binascii.Error) as fault:
        raise Invalid(f"The brand was not read: its logo {named} cannot be read ({fault}).") from fault


def _write(path: Path, data: bytes) -> dict[str, Any]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as fault:
        raise Invalid(
            f"The report was not written: {path}: {fault.strerror}.", hint="Name a path that is free."
        ) from fault
    return {"path": str(path), "size_bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _refused(*lines: str) -> int:
    print("\n".join(lines), file=sys.stderr)
    return 2


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Render the after-action report of one replay as PDF and DOCX.",
        epilog="example: %(prog)s --summary_json replay.json --brand_json brand.json --out_pdf after_action.pdf",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--summary_json", type=Path, required=True, help="the replay's summary")
    parser.add_argument("--brand_json", type=Path, help="name, logo, colours and address; left out: plain")
    parser.add_argument("--signature_json", type=Path, help="the countersignature; left out: the draft edition")
    parser.add_argument("--out_pdf", type=Path, help="where the PDF goes")
    parser.add_argument("--out_docx", type=Path, help="where the DOCX goes")
    parser.add_argument("--page_size", choices=("A4", "LETTER"), default="A4", help="paper")
    parser.add_argument("--json", action="store_true", help="tell what was written as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
