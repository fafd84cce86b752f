"""What is public says what it is for and what it raises, and nothing grows past what is read at one sitting.

That every public thing has a docstring at all is held by ruff (D1).
"""

import ast
from collections.abc import Iterator

from scripts.site import ROOT
from tests.architecture.test_nothing_lies_unused import listed

PRODUCT = ("api", "cli", "domain", "orchestration", "scripts")
LEAST_WORDS = 3
MOST_LINES_OF_A_FILE, MOST_LINES_OF_A_BODY = 500, 60
# Their callers are a library that knows its own commands, routes and validators.
CALLED_BY_OTHERS = ("router", ".get(", ".post(", ".put(", ".delete(", "click", "group", "command", "_validator")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.Module) -> Iterator[Function]:
    """Public functions of the module and methods of its classes."""
    for body in [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]:
        yield from (node for node in body if isinstance(node, Function) and not node.name.startswith("_"))


def silent_raises(tree: ast.Module) -> list[str]:
    """Functions that raise and do not say so."""
    found = []
    for node in functions(tree):
        taken = any(word in ast.unparse(one) for one in node.decorator_list for word in CALLED_BY_OTHERS)
        calls = [one.exc.func for one in ast.walk(node) if isinstance(one, ast.Raise) and isinstance(one.exc, ast.Call)]
        told = ast.get_docstring(node) or ""
        if not taken and any(isinstance(one, ast.Name) and one.id != "AssertionError" for one in calls):
            found += [] if "Raises" in told or "raises" in told else [node.name]
    return found


def thin(tree: ast.Module) -> list[str]:
    """Public things whose docstring says next to nothing; an example in backticks says enough."""
    public = (node for node in ast.walk(tree) if isinstance(node, Function | ast.ClassDef) and node.name[0] != "_")
    told = [(node.name, ast.get_docstring(node) or "") for node in public]
    return [name for name, words in told if words and len(words.split()) < LEAST_WORDS and "`" not in words]


def long_bodies(tree: ast.Module) -> list[str]:
    """Functions with more lines than one reads at once, the docstring and what stands before it left out."""
    return [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, Function)
        and (node.end_lineno or 0) - (node.body[1 if ast.get_docstring(node) and node.body[1:] else 0].lineno) + 1
        > MOST_LINES_OF_A_BODY
    ]


def all_of(rule: object) -> dict[str, list[str]]:
    assert callable(rule)
    names = [name for name in listed(*PRODUCT) if name.endswith(".py")]
    return {name: found for name in names if (found := rule(ast.parse((ROOT / name).read_text())))}


def test_whoever_raises_says_so() -> None:
    assert all_of(silent_raises) == {}
    planted = 'def look():\n    """Look at it."""\n    raise NotFound("x")\n'
    assert silent_raises(ast.parse(planted)) == ["look"]
    assert silent_raises(ast.parse(planted.replace("it.", "it. Raises: NotFound."))) == []


def test_no_docstring_is_an_empty_phrase() -> None:
    assert all_of(thin) == {}
    assert thin(ast.parse('class Box:\n    """A box."""\n')) == ["Box"]


def test_no_function_and_no_file_grows_past_what_is_read_at_once() -> None:
    assert all_of(long_bodies) == {}
    grown = {name: len((ROOT / name).read_text().splitlines()) for name in listed(*PRODUCT) if name.endswith(".py")}
    assert {name: lines for name, lines in grown.items() if lines > MOST_LINES_OF_A_FILE} == {}
    assert long_bodies(ast.parse("def long():\n" + "    tick()\n" * 61)) == ["long"]
