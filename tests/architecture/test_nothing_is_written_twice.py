"""No ten lines of code in a row stand in two places, of the product, its tests or its benchmarks."""

import subprocess
import textwrap

from scripts.site import ROOT
from tests.architecture.repetition import repeated

ENDINGS = (".py", ".sql", ".js", ".css", ".html", ".sh")
# What a released revision is made of is never edited: the revisions, and definitions that a later one has replaced.
RELEASED = ("migrations/versions/", "sql/grid/functions/day_open.sql")
PAGE = "def page_of(rows, most):\n    shown = rows[:most]\n" + "".join(
    f"    shown = keep(shown, {number})\n" for number in range(12)
)


def tracked() -> dict[str, str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\n")  # fmt: skip
    names = [name for name in listed if name.endswith(ENDINGS) and not name.startswith(RELEASED)]
    return {name: (ROOT / name).read_text() for name in names if (ROOT / name).exists()}


def test_no_ten_lines_stand_twice() -> None:
    found = repeated(tracked())
    assert not found, "\n".join(map(str, found))


def test_a_planted_pair_is_found_and_both_places_are_named() -> None:
    planted = {"a.py": "import os\n\n" + PAGE, "b.py": "# Another.\n\nclass B:\n" + textwrap.indent(PAGE, "    ")}
    (found,) = repeated(planted)
    assert str(found) == "a.py:3-16 stands again at b.py:4-17: 14 lines of code; let one piece serve both"


def test_comments_blank_lines_imports_and_indentation_make_no_difference() -> None:
    spread = PAGE.replace("\n", "\n\n    # Why.\n")
    assert len(repeated({"a.py": PAGE, "b.py": spread})) == 1
    imports = "from a import (\n" + "".join(f"    name_{number},\n" for number in range(20)) + ")\n"
    assert repeated({"a.py": imports, "b.py": imports}) == []


def test_nine_lines_other_names_and_a_list_of_equal_lines_are_no_repetition() -> None:
    nine = "\n".join(PAGE.splitlines()[:9])
    assert repeated({"a.py": nine + "\none()\n", "b.py": nine + "\nanother()\n"}) == []
    assert repeated({"a.py": PAGE, "b.py": PAGE.replace("shown", "told")}) == []
    assert repeated({"a.py": "tick()\n" * 15}) == []


def test_sql_scripts_and_styles_are_read_too() -> None:
    for name, line in (("sql", "SELECT {} AS n;"), ("js", "tell({});"), ("css", ".n{} {{ color: red }}")):
        text = "\n".join(line.format(number) for number in range(11))
        assert len(repeated({f"a.{name}": text, f"b.{name}": text})) == 1
