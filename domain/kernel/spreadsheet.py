"""Text in files that people open in a spreadsheet, which takes cells that begin with certain signs for formulas."""

STARTS = ("=", "+", "-", "@", "\t", "\r")


def inert(words: str) -> str:
    """The words as a spreadsheet shows them without working them out."""
    return f"'{words}" if words.startswith(STARTS) else words
