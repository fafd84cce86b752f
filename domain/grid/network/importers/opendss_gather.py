"""Copy what a model's master file leads to into a folder of its own: text that describes, data that it names.

The engine then sees the copy alone. Files stand below the folder above the master's; nothing hidden, nothing that
leads out by a link, nothing named from the root of the disk. A file that includes itself is refused.
"""

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from domain.grid.network.importers.opendss_commands import DESCRIBES, INCLUDES, PLACES, Line, lines_of, read_line
from domain.kernel.errors import Invalid

MOST_BYTES = 512 * 1024 * 1024
MOST_VISITS = 2_000
DEEPEST = 50
TEXT = frozenset({".dss", ".txt", ".csv", ".dat"})
DATA = TEXT | {".sng", ".dbl"}
# How a program begins, whatever its name: the engine loads as a library what a property of a machine names.
PROGRAMS = (b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")
HINT = "Keep all of a model below the folder above its master file, named by where they stand from it."


@dataclass
class Gathered:
    """The copy while it is made.

    Attributes:
        root: the folder above the master's: nothing outside it is read.
        copy: where the same places stand in the copy.
        left_out: the commands that were not taken over, by name.
    """

    root: Path
    copy: Path
    known: frozenset[str]
    left_out: set[str] = field(default_factory=set)
    size_bytes: int = 0
    visits: int = 0
    here: Path = Path()
    _lines: dict[Path, list[Line]] = field(default_factory=dict)

    def master(self, path: Path) -> Path:
        """Copy the model and answer the copy's master file.

        Raises:
            Invalid: OPENDSS_UNSAFE, a line or a file that a description does not have; OPENDSS_TOO_LARGE.
        """
        self.here = path.parent
        self._visit(path, path, ())
        return self._place(path)

    def _visit(self, path: Path, named: Path, above: tuple[Path, ...]) -> None:
        """Copy a text and what it leads to, in the order in which the engine will read."""
        self.visits += 1
        if path in above or len(above) >= DEEPEST or self.visits > MOST_VISITS:
            why = "it includes itself" if path in above else "its files include one another too often"
            raise _unsafe(path, f"{why}.")
        kept = self._read(path, named)
        for line in kept:
            if line.verb in INCLUDES:
                self._include(line, path, above)
            else:
                self._data(line, path)

    def _include(self, line: Line, path: Path, above: tuple[Path, ...]) -> None:
        target = line.words[0]
        found = self._found(target, path)
        if found is None:
            return  # The engine says what is missing, in its own words.
        if found.suffix.lower() not in TEXT:
            raise _unsafe(path, f"{target!r} is no text of a model.")
        before, self.here = self.here, found.parent
        self._visit(found, before / target.replace("\\", "/"), (*above, path))
        # `compile` stays where it went, `redirect` comes back.
        self.here = self.here if line.verb == "compile" else before

    def _data(self, line: Line, path: Path) -> None:
        for word in line.words if line.verb in PLACES else line.files:
            found = self._found(word, path)
            if found is not None and found.suffix.lower() in DATA:
                with found.open("rb") as file:
                    if file.read(4) in PROGRAMS:
                        raise _unsafe(path, f"{word!r} is a program, which a description does not need.")
                self._take(found.stat().st_size)
                target = self._place(self.here / word.replace("\\", "/"))
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(found, target)

    def _found(self, word: str, path: Path) -> Path | None:
        """The file that a word names, where there is one.

        Raises:
            Invalid: OPENDSS_UNSAFE, it names a place outside the model.
        """
        plain = word.replace("\\", "/")
        if plain.startswith(("/", "~")) or plain[1:3] == ":/":
            raise _unsafe(path, f"{word!r} is outside of the model.")
        try:
            found = _any_case(self.here / plain)
        except (OSError, ValueError):
            return None
        inside = found.resolve().is_relative_to(self.root)
        if ".." in Path(plain).parts and not inside:
            raise _unsafe(path, f"{word!r} is outside of the model.")
        if not found.is_file():
            return None
        if not inside or any(part.startswith(".") for part in found.resolve().relative_to(self.root).parts):
            raise _unsafe(path, f"{word!r} is outside of the model.")
        return found.resolve()

    def _read(self, path: Path, named: Path) -> list[Line]:
        """The lines of a text that describe, written to the copy once for each name under which it is included."""
        if path not in self._lines:
            self._take(path.stat().st_size)
            self._lines[path] = self._kept(path)
        target = self._place(named)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("".join(f"{one.text}\n" for one in self._lines[path]), "utf-8", newline="\n")
        return self._lines[path]

    def _kept(self, path: Path) -> list[Line]:
        kept = []
        text = path.read_bytes().removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
        for number, said in lines_of(text):
            try:
                line = read_line(said, self.known)
            except ValueError as cause:
                raise _unsafe(path, f"line {number}: {cause}.") from cause
            if line.verb and line.verb not in DESCRIBES | INCLUDES | PLACES:
                self.left_out.add(line.verb)
                continue
            checked = () if line.verb in INCLUDES | PLACES else set(line.words) - set(line.files)
            for word in checked:
                # What is not looked for here is looked for by the engine.
                if re.match(r"[/~\\].|[A-Za-z]:[/\\]", word) or ".." in re.split(r"[/\\]", word):
                    raise _unsafe(path, f"line {number}: {word!r} is outside of the model.")
            kept.append(line)
        return kept

    def _place(self, path: Path) -> Path:
        """Where a file of the model stands in the copy."""
        parts: list[str] = []
        for part in path.relative_to(self.root).parts if path.is_relative_to(self.root) else ():
            parts = parts[:-1] if part == ".." else [*parts, part]
        return self.copy.joinpath(*parts)

    def _take(self, size_bytes: int) -> None:
        self.size_bytes += size_bytes
        if self.size_bytes > MOST_BYTES:
            raise Invalid(
                f"The model's files hold more than {MOST_BYTES // 2**20} MB; nothing was read.",
                hint="Leave out what the network does not need, such as load shapes of a year.",
                code="OPENDSS_TOO_LARGE",
            )


def _any_case(path: Path) -> Path:
    """The file of that name, or the one that differs from it by upper and lower case."""
    if path.exists() or not path.parent.is_dir():
        return path
    alike = sorted(one for one in path.parent.iterdir() if one.name.lower() == path.name.lower())
    return alike[0] if alike else path


def _unsafe(path: Path, why: str) -> Invalid:
    return Invalid(f"{path.name} is not taken: {why}", hint=HINT, code="OPENDSS_UNSAFE")
