"""What people are told of."""

from enum import StrEnum


class MessageKind(StrEnum):
    """One kind of message; each person chooses which come to which channel."""

    WAITING = "WAITING"
    CRITICAL_FAULT = "CRITICAL_FAULT"
    JOB_FAILED = "JOB_FAILED"
    DATA_STALE = "DATA_STALE"
    SEAL_OVERDUE = "SEAL_OVERDUE"
    CALIBRATION_DUE = "CALIBRATION_DUE"


class Medium(StrEnum):
    """How a channel is reached."""

    EMAIL = "EMAIL"
    WEBHOOK = "WEBHOOK"
    CHAT = "CHAT"


WORDS = {
    MessageKind.WAITING: "Something waits for you",
    MessageKind.CRITICAL_FAULT: "A critical fault, at once",
    MessageKind.JOB_FAILED: "A job failed",
    MessageKind.DATA_STALE: "Data is stale",
    MessageKind.SEAL_OVERDUE: "A seal of the ledger is overdue",
    MessageKind.CALIBRATION_DUE: "A calibration is due",
}
# These do not wait for a digest.
AT_ONCE = frozenset({MessageKind.CRITICAL_FAULT})
EVERY_KIND = tuple(sorted(kind.value for kind in MessageKind))
