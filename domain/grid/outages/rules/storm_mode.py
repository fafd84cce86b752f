"""Storm mode as an input of advice."""


def storm_as_input(declared: bool | None) -> dict[str, bool]:
    """What goes into the hash of a run's inputs: nothing where nobody declared anything."""
    return {} if declared is None else {"storm": declared}
