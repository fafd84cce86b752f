"""Door opening force: the limit is at the handle; a reading at the edge is converted by the lever (R-08)."""

from fractions import Fraction

from domain.stairs.rules.evaluation.notes import Note, blocks, observes
from domain.stairs.rules.evaluation.numbers import exact, json_number, plain, rounded
from domain.stairs.rules.evaluation.place import Door


def force_at_handle(edge_n: Fraction, door: Door | None) -> Fraction | None:
    """F_handle = F_edge x W / (W - d), N, with W the width of the leaf and d the handle's distance from its edge.

    None where the measures are not known or leave no lever.
    """
    if door is None or door.width_m is None or door.handle_offset_m is None:
        return None
    width, offset = exact(door.width_m), exact(door.handle_offset_m)
    if width <= 0 or not 0 <= offset < width:
        return None
    return edge_n * width / (width - offset)


def notes_on_position(position: str | None, reading: Fraction, at_handle: Fraction | None) -> list[Note]:
    """What stands against a pass because of where the force was read."""
    if position == "at_handle":
        return []
    if position is None:
        text = "Where the force was read is not recorded; the limit is at the handle."
        return [blocks("POSITION_MISSING", text)]
    if at_handle is None:
        text = "Read at the edge; without width and handle offset of the leaf it cannot be converted to the handle."
        return [blocks("POSITION_MISMATCH", text)]
    text = (
        f"Read at the edge: {plain(rounded(reading, 3))} N there is {plain(rounded(at_handle, 1))} N at the handle,"
        " where the limit is. Read it again at the handle."
    )
    return [blocks("POSITION_MISMATCH", text, handle_n=json_number(rounded(at_handle, 3)))]


def notes_on_sign(reading: Fraction) -> list[Note]:
    """A force below zero: the door is pushed open, and may not close by itself."""
    if reading >= 0:
        return []
    return [observes("NEGATIVE_FORCE", "The force is negative: the air pushes the door open. Check that it closes.")]
