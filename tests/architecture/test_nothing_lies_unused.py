"""No dead code: what the product defines, some other line of the product (or a benchmark of it) speaks of by its name.

A name that nothing but tests calls is deleted, or listed here with the reason why it stays.
"""

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from scripts.site import ROOT

PRODUCT = ("api", "bench", "cli", "deploy", "domain", "migrations", "orchestration", "scripts", "sql")
SETTINGS = ("pyproject.toml", "Makefile", "workspace.yaml")
READ = {"", ".py", ".sql", ".html", ".js", ".css", ".json", ".toml", ".yaml", ".yml", ".sh", ".md", ".tpl", ".txt"}
DEFINING = ("api/", "cli/", "domain/", "orchestration/", "scripts/")
# Names that a library calls, not we: of the drawing, writing and running that they extend.
CALLED_BY_LIBRARIES = {
    "flipy", "get_canvas_width_height", "draw_path", "draw_text", "draw_image",
    "afterFlowable",
    "execute_plan", "event_log_storage",
    "get_route_handler", "collect",
    "_make_preamble",
    "from_config_value",
}  # fmt: skip
STAYS = {
    "daily_rows": "the definition in plain code that the statements of sql/courses/insight are held against",
    "cemi": "an index of IEEE 1366 that whoever has interruptions by meter asks for",
    "celid": "an index of IEEE 1366 that whoever has interruptions by meter asks for",
    "clone_to_new_version": "named so by FireMode's specification",
}


def listed(*paths: str) -> list[str]:
    found = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *paths],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\n")  # fmt: skip
    return [name for name in found if (ROOT / name).is_file() and (ROOT / name).suffix in READ]


@cache
def spoken() -> Counter[str]:
    """How often each word stands in the product."""
    return Counter(
        word for name in listed(*PRODUCT, *SETTINGS) for word in re.findall(r"\w+", (ROOT / name).read_text())
    )


def definitions(text: str) -> Iterator[str]:
    """The names that a module and its classes define: functions, classes, constants; not what a decorator takes."""
    tree = ast.parse(text)
    for body in [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                taken = [one for one in node.decorator_list if not ast.unparse(one).startswith(_OWN)]
                yield from [] if taken else [node.name]
            elif isinstance(node, ast.Assign | ast.AnnAssign) and body is tree.body:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield from (leaf.id for one in targets for leaf in ast.walk(one) if isinstance(leaf, ast.Name))


_OWN = ("dataclass", "property", "cache", "staticmethod", "classmethod", "lru_cache", "contextmanager")


def unused(text: str, words: Counter[str]) -> list[str]:
    return [
        name
        for name in definitions(text)
        if words[name] <= 1 and not name.startswith("__") and name not in CALLED_BY_LIBRARIES | STAYS.keys()
    ]


def test_everything_that_is_defined_is_spoken_of() -> None:
    found = {
        name: dead
        for name in listed(*DEFINING)
        if name.endswith(".py") and (dead := unused((ROOT / name).read_text(), spoken()))
    }
    assert found == {}


def test_a_planted_function_constant_and_method_are_found() -> None:
    planted = "import os\nLIMIT = 3\n\n\nclass Box:\n    def weigh(self): ...\n\n\n@router.get('/x')\ndef page(): ...\n"
    words = Counter({"LIMIT": 1, "Box": 2, "weigh": 1, "page": 1})
    assert unused(planted, words) == ["LIMIT", "weigh"]


def test_what_stays_for_a_reason_is_still_there() -> None:
    assert {name for name in STAYS if spoken()[name] != 1} == set()


def test_every_template_is_shown_and_every_static_file_is_asked_for() -> None:
    words = "\n".join((ROOT / name).read_text() for name in listed("api", "domain", "cli"))
    files = [path for folder in ("templates", "static") for path in sorted((ROOT / "api" / folder).rglob("*"))]
    assert [path for path in files if path.is_file() and path.name not in words and path.suffix != ".txt"] == []


def test_every_statement_under_sql_is_run() -> None:
    words = "\n".join((ROOT / name).read_text() for name in listed(*PRODUCT, "docs") if not name.startswith("sql/"))
    names = [name for name in listed("sql") if name.endswith(".sql") and not name.startswith("sql/verify/")]
    # sql_file(f"grid/load/rollup_{name}.sql") runs every file whose name begins so.
    begun = tuple(set(re.findall(r"sql/?[^\"\n]*?/(\w+_)\{|[\"/](\w+_)\{\w+\}\.sql", words)))
    starts = tuple(start for pair in begun for start in pair if start)
    assert [name for name in names if Path(name).stem not in words and not Path(name).stem.startswith(starts)] == []


def test_every_class_of_the_style_sheets_is_worn() -> None:
    sheets = [name for name in listed("api", "domain", "scripts") if name.endswith(".css")]
    rest = [name for name in listed("api", "domain", "scripts") if name not in sheets]
    worn = "\n".join((ROOT / name).read_text() for name in rest)
    # badge-{{ level }} and f"tone-{tone}" wear every class that begins so.
    begun = set(re.findall(r"([a-z][\w-]*-)\$?\{", worn))
    bare = [
        f"{sheet}: .{name}"
        for sheet in sheets
        for name in sorted(classes((ROOT / sheet).read_text()))
        if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", worn) and not name.startswith(tuple(begun))
    ]
    assert not bare, bare


def classes(sheet: str) -> set[str]:
    """The classes that the selectors of a style sheet name."""
    selectors = re.findall(r"([^{};]+)\{", re.sub(r"/\*.*?\*/|url\([^)]*\)", "", sheet, flags=re.DOTALL))
    return {name for one in selectors for name in re.findall(r"\.([a-z][\w-]*)", one)}
