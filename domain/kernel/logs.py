"""Structured logs: one JSON object a line, with the request's id, and never a secret.

Every line of ours and of the libraries passes the one redaction filter (`redaction.redact`) before it is written.
"""

import logging
import sys
from collections.abc import Callable
from typing import Any, TextIO

import structlog

from domain.kernel.redaction import as_text, redact, redact_text

Context = Callable[[], dict[str, Any]]


def configure_logs(
    process: str, level: str = "INFO", context: Context | None = None, stream: TextIO | None = None
) -> None:
    """Send the logs of this process to standard error as JSON lines.

    Args:
        process: which service writes (`api`, `supervisor` ...).
        level: the least level that is written.
        context: members to add to every line, such as the request's id.
        stream: where to write instead.
    """

    def name_the_process(_: Any, __: str, line: dict[str, Any]) -> dict[str, Any]:
        return {"process": process, **(context() if context else {}), **line}

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_the_process,
        structlog.processors.format_exc_info,
        redact_line,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            # Whatever comes here has passed `shared`, and with it the filter: ours as it was said, others' just before.
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(default=as_text),
            ],
        )
    )
    # A log that cannot be written must not print what it would have hidden.
    logging.raiseExceptions = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("httpx", "httpx2", "httpcore", "httpcore2", "botocore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def redact_line(_: Any, __: str, line: Any) -> Any:
    """Take the secrets out of one log line; what the formatter itself needs stays."""
    kept = {name: line[name] for name in ("_record", "_from_structlog") if name in line}
    return redact({name: value for name, value in line.items() if name not in kept}) | kept


def logger(name: str) -> Any:
    """A logger that takes an event's name and its members as keywords."""
    return structlog.stdlib.get_logger(name)


def hide_secrets_in_records() -> None:
    """Let every record of the standard library's logging pass the filter, whoever formats and writes it.

    For processes whose handlers are not ours, such as Dagster's.
    """
    logging.setLogRecordFactory(redacted_record)


def redacted_record(*given: Any, **named: Any) -> logging.LogRecord:
    """A log record whose message and traceback hold no secret."""
    record = logging.LogRecord(*given, **named)
    if isinstance(record.msg, dict):  # one of ours, whose members pass the filter when the line is made
        return record
    said = record.getMessage()
    hidden = redact_text(said)
    traced = _TRACES.formatException(record.exc_info) if record.exc_info and record.exc_info[0] else ""
    safe = redact_text(traced)
    if safe != traced:
        # Not as exc_text: some formatters write exc_info anew.
        record.exc_info = None
        hidden = f"{hidden}\n{safe}"
    if hidden != said:
        record.msg, record.args = hidden, None
    return record


_TRACES = logging.Formatter()
