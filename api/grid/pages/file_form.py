"""The form that loads a meter file: what was typed about the file, and the mapping that it means."""

from dataclasses import dataclass, field

from starlette.datastructures import FormData

from api.forms import typed
from domain.grid.metering.formats.parsed import ALLOWED_MINUTES, FileMapping, column_pairs
from domain.kernel.errors import Invalid
from domain.kernel.settings import WriteMode, settings

MAPPED = ("columns", "zone", "stamp", "interval_minutes", "date_order", "meter_id")
LONGEST_COLUMNS = 8000


@dataclass(frozen=True)
class FileForm:
    """What was typed, as it is shown again when the file is refused.

    Attributes:
        mode: what happens where a read is already there.
        dry_run: only check, store nothing.
        mapped: field of the mapping -> what was typed; `columns` has one HEADER=NAME a line.
    """

    mode: WriteMode = field(default_factory=lambda: settings().effective_write_mode)
    dry_run: bool = False
    mapped: dict[str, str] = field(default_factory=lambda: dict.fromkeys(MAPPED, ""))

    @property
    def minutes(self) -> tuple[int, ...]:
        """The interval lengths that can be chosen."""
        return ALLOWED_MINUTES

    @property
    def is_mapped(self) -> bool:
        """Whether anything about the file was typed, so that its fields are shown."""
        return any(self.mapped.values())

    def mapping(self) -> FileMapping:
        """The same fields as `POST /api/ami/reads` takes; an empty one says nothing.

        Raises:
            Invalid: a line is not HEADER=NAME, or a field holds what is not known.
        """
        given = {name: self.mapped[name] or None for name in MAPPED}
        minutes = given["interval_minutes"]
        if minutes is not None and not (minutes.isascii() and minutes.isdigit()):
            raise Invalid(
                f"The interval is {minutes[:20]!r}, which is no number of minutes; nothing was taken.",
                hint=f"Use one of {', '.join(map(str, ALLOWED_MINUTES))}.",
            )
        lines = [line.strip() for line in (given["columns"] or "").splitlines()]
        return FileMapping(
            given["zone"],
            given["stamp"],
            None if minutes is None else int(minutes),
            given["date_order"],
            given["meter_id"],
            column_pairs(line for line in lines if line),
        )


def file_form(form: FormData) -> FileForm:
    """The form as it was sent; a write mode that there is not reads as the one that keeps what stands."""
    mode = typed(form, "mode") or settings().effective_write_mode.value
    return FileForm(
        WriteMode(mode) if mode in set(WriteMode) else WriteMode.SAFE,
        typed(form, "dry_run") == "yes",
        {name: typed(form, name, LONGEST_COLUMNS if name == "columns" else 200) for name in MAPPED},
    )
