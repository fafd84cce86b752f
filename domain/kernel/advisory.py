"""The three sentences that stand on everything that advises, and the JSON field that carries them."""

SENTENCES: tuple[str, str, str] = (
    "Advisory-only recommendations.",
    "Operator validation required.",
    "Generated from telemetry available at the time of generation.",
)


def advisory() -> dict[str, list[str]]:
    """The `advisory` member of every grid answer."""
    return {"text": list(SENTENCES)}
