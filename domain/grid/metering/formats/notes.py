"""What a parser left aside or missed in a file, said to people; rejected rows are told one by one elsewhere."""

from collections.abc import Mapping

_TEXTS = {
    "no_end_record": "It has neither the header (100) nor the end record (900) of NEM12: an extract that nothing shows"
    " to be whole.",
    "other_channels": "Channels that hold no energy, left aside: {:,}.",
    "other_quantities": "Readings that are no energy, left aside: {:,}.",
    "channel_duplicates": "Readings that stand twice for one channel, taken once: {:,}.",
    "blank_cells": "Empty cells, passed over: {:,}.",
}


def note_texts(notes: Mapping[str, int]) -> list[str]:
    """A sentence for each note, by its name."""
    return [_TEXTS.get(name, f"{name.replace('_', ' ')}: {{:,}}.").format(notes[name]) for name in sorted(notes)]
