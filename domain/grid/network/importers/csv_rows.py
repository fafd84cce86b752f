"""Read CSV files against a list of columns; every fault names file, row, column and what was expected.

Text is UTF-8, with or without a byte order mark; the separator is a comma or a semicolon; names of columns are not case
sensitive. Faults are collected, so that a person sees them at once and not one a run.
"""

import csv
import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domain.kernel.canonical import sha256_hex
from domain.kernel.errors import Invalid, NotFound

MOST_FAULTS = 100
LARGEST = 1e15
_PHASES = re.compile(r"([ABC]|L[123]|[N ,./&+-])+")
_PHASE = {"A": "A", "B": "B", "C": "C", "L1": "A", "L2": "B", "L3": "C"}
_TRUE, _FALSE = {"true", "t", "yes", "y", "1"}, {"false", "f", "no", "n", "0"}
Record = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """One column: how its text becomes a value, what was expected if it does not, and whether it must be there.

    What does not fit a column that is `lenient` is no fault: it counts as not said, and is listed as unclear.
    """

    name: str
    parse: Callable[[str], Any]
    expected: str
    required: bool = False
    default: Any = None
    lenient: bool = False


def text_column(
    name: str, *, required: bool = False, choices: Sequence[str] = (), default: str | None = None
) -> Column:
    """Text without control characters, at most 200 of them; one of `choices` if given.

    Raises:
        ValueError: when it is read, the cell holds anything else.
    """
    expected = f"one of {', '.join(choices)}" if choices else "text of at most 200 printable characters"

    def parse(value: str) -> str:
        if (choices and value not in choices) or len(value) > 200 or not value.isprintable():
            raise ValueError(value)
        return value

    return Column(name, parse, expected, required, default)


def number_column(
    name: str, *, required: bool = False, low: float = -math.inf, high: float = math.inf, default: float | None = None
) -> Column:
    """A number between `low` and `high`, with a decimal point; nothing in a network is larger than 1e15.

    Raises:
        ValueError: when it is read, the cell holds anything else.
    """
    bounds = " and ".join(
        word
        for word, there in ((f"at least {low:g}", low > -math.inf), (f"at most {high:g}", high < math.inf))
        if there
    )

    def parse(value: str) -> float:
        number = float(value)
        if abs(number) > LARGEST or not low <= number <= high or math.isnan(number):
            raise ValueError(value)
        return number

    return Column(name, parse, f"a number {bounds}".strip(), required, default)


def flag_column(name: str, *, default: bool = False) -> Column:
    """True or false.

    Raises:
        ValueError: when it is read, the cell holds anything else.
    """

    def parse(value: str) -> bool:
        if value.lower() not in _TRUE | _FALSE:
            raise ValueError(value)
        return value.lower() in _TRUE

    return Column(name, parse, "true or false", default=default)


def phase_column(name: str) -> Column:
    """Phases as letters, `AB`: any order and case, with a neutral or without; L1, L2, L3 are A, B, C.

    Every utility writes phases its own way. What is not understood (`R`, or `1`, which may count phases or name one) is
    an unknown phase and no reason to leave a network out.

    Raises:
        ValueError: when it is read, the cell holds anything else.
    """

    def parse(value: str) -> str:
        word = value.upper()
        letters = "".join(sorted({_PHASE[one] for one in re.findall(r"[ABC]|L[123]", word)}))
        if not letters or not _PHASES.fullmatch(word):
            raise ValueError(value)
        return letters

    return Column(name, parse, "phases such as A, BC or L1L2L3", lenient=True)


@dataclass
class CsvFolder:
    """A folder of CSV files that is being read, with the faults found so far.

    Attributes:
        faults: one entry a fault: file, row (1 is the header), field, message.
        extra: columns that were there and are not known, as `file: column`.
        unclear: cells of lenient columns that were taken as not said, as `file row: text`.
    """

    folder: Path
    faults: list[Record] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    _hashes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """The folder must be there."""
        if not self.folder.is_dir():
            raise NotFound(f"There is no folder {self.folder}.", hint="Name the folder that holds the CSV files.")

    @property
    def sha256(self) -> str:
        """Hash over the files read so far, in the order of reading."""
        return sha256_hex("|".join(self._hashes).encode())

    def read(self, name: str, columns: Sequence[Column], *, required: bool = True) -> list[tuple[int, Record]]:
        """Rows of one file as (row number, values); empty if it is not there and need not be."""
        path = self.folder / name
        if not path.is_file():
            if required:
                self.fault(name, None, None, "the file is missing")
            return []
        return self._rows(name, columns, self._text(path))

    def fault(self, file: str, row: int | None, column: str | None, message: str) -> None:
        """Note a fault; beyond a hundred only their number grows."""
        self.faults.append({"file": file, "row": row, "field": column, "message": message})

    def stop_at_faults(self) -> None:
        """End here if anything was wrong.

        Raises:
            Invalid: with all faults found so far, at most a hundred of them.
        """
        if self.faults:
            first = self.faults[0]
            at = ", ".join(f"{key} {first[key]}" for key in ("row", "field") if first[key] is not None)
            raise Invalid(
                f"Nothing was imported: {len(self.faults)} faults in {self.folder}; the first is in {first['file']}"
                f"{' (' + at + ')' if at else ''}: {first['message']}.",
                hint="Correct the files and import again.",
                code="CSV_INVALID",
                errors=self.faults[:MOST_FAULTS],
            )

    def _text(self, path: Path) -> str:
        data = path.read_bytes()
        self._hashes.append(f"{path.name}:{sha256_hex(data)}")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as cause:
            row = data[: cause.start].count(b"\n") + 1
            self.fault(path.name, row, None, f"byte {data[cause.start]:#04x} is not UTF-8; expected UTF-8 text")
            return ""

    def _rows(self, name: str, columns: Sequence[Column], text: str) -> list[tuple[int, Record]]:
        first_line = text.split("\n", 1)[0]
        separator = ";" if first_line.count(";") > first_line.count(",") else ","
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        found: list[tuple[int, Record]] = []
        row = 0
        try:
            header = [column.strip().lower() for column in next(reader, [])]
            at = self._header(name, header, columns)
            for row, cells in enumerate(reader, start=2):
                if any(cell.strip() for cell in cells):
                    found.append((row, self._record(name, row, cells, columns, at, len(header))))
        except csv.Error as cause:
            self.fault(name, row + 1, None, f"the row cannot be read as CSV ({cause})")
        return found

    def _header(self, name: str, header: list[str], columns: Sequence[Column]) -> dict[str, int]:
        at: dict[str, int] = {}
        for index, own in enumerate(header):
            if own in at:
                self.fault(name, 1, own, "the column stands twice; expected once")
            at[own] = index
        for column in columns:
            if column.required and column.name not in at and not any(one["file"] == name for one in self.faults):
                self.fault(name, 1, column.name, f"the column is missing; expected {column.expected}")
        known = {one.name for one in columns}
        self.extra += [f"{name}: {own}" for own in header if own not in known]
        return at

    def _record(
        self, name: str, row: int, cells: list[str], columns: Sequence[Column], at: dict[str, int], width: int
    ) -> Record:
        if len(cells) > width:
            self.fault(name, row, None, f"the row has {len(cells)} cells; expected {width}, as in the header")
        record: Record = {}
        for column in columns:
            index = at.get(column.name, -1)
            value = cells[index].strip() if 0 <= index < len(cells) else ""
            record[column.name] = column.default
            if not value:
                if column.required and column.name in at:
                    self.fault(name, row, column.name, f"the cell is empty; expected {column.expected}")
                continue
            try:
                record[column.name] = column.parse(value)
            except ValueError:
                if column.lenient:
                    self.unclear.append(f"{name} row {row}: {value[:40]!r}")
                    continue
                self.fault(name, row, column.name, f"{value[:40]!r} does not fit; expected {column.expected}")
        return record
