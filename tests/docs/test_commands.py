"""Every command in the documents exists, with its options; what can be run without harm is run."""

import importlib.util
import itertools
import re
import shlex
import subprocess
from collections.abc import Sequence
from functools import cache

import psycopg
import pytest
from click.testing import CliRunner

from api.doors import doors_of
from cli.main import countersign
from scripts.site import ROOT
from tests.conftest import Database, application
from tests.docs.pages import PAGES, commands, inline_code, shell_lines

# Read-only, and with everything that they need given: run as they stand.
HARMLESS = ("migrate --env pilot --verify", "grid loss --help", "admin person list")
TOOLS = {
    "curl",
    "docker",
    "helm",
    "kubectl",
    "openssl",
    "aws",
    "ssh",
    "sed",
    "export",
    "mkdir",
    "cat",
    "git",
    "K=",
    "P=",
}
METHODS = re.compile(r"^(GET|POST|PUT|PATCH|DELETE) (/[^ ?`{…]*[^ ?`]*)")


def words(line: str) -> list[str]:
    """The words of a command, without its comment and where its output goes."""
    given = shlex.split(line, comments=True)
    return list(itertools.takewhile(lambda word: word not in {"<", ">", "|"}, given))


def invoke(arguments: Sequence[str]) -> tuple[int, str]:
    done = CliRunner().invoke(countersign, list(arguments))
    return done.exit_code, done.output


def test_there_are_commands_to_look_at() -> None:
    assert len(commands("countersign")) > 50
    assert len(commands("make")) > 6


@pytest.mark.parametrize("page", sorted({page for page, _ in commands("countersign")}))
def test_every_command_exists_with_the_options_that_it_is_shown_with(page: str) -> None:
    for where, line in commands("countersign"):
        if where == page:
            code, output = invoke([*words(line)[1:], "--help"])
            assert code == 0, f"{line}: {output}"


def test_a_command_or_an_option_that_is_not_there_would_be_found() -> None:
    assert invoke(["grid", "losses", "--help"])[0] != 0
    assert invoke(["migrate", "--palm", "--help"])[0] != 0


def test_commands_in_running_text_exist() -> None:
    for page in PAGES:
        for code in inline_code(page):
            if code.startswith("countersign ") and not re.search(r"[{…|[]|COMMAND", code):
                assert invoke([*words(code)[1:], "--help"])[0] == 0, f"{page}: {code}"


def test_what_can_be_made_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    told = {words(line)[1] for _, line in commands("make")}
    told |= {
        found[1]
        for page in PAGES
        for code in inline_code(page)
        if (found := re.match(r"make ([a-z]+)\b", code)) and " " not in code[5:]
    }
    assert told <= targets


def test_make_help_names_every_target() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))
    (declared,) = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    said = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert targets == set(declared.split()) == set(re.findall(r"make ([a-z-]+)", said))


def test_modules_and_scripts_that_are_run_are_there() -> None:
    for page in PAGES:
        for line in shell_lines(page):
            first = line.split(" ")[0]
            if first == "python" and "-m" in line:
                assert importlib.util.find_spec(words(line)[2]) is not None, line
            elif first.startswith("scripts/"):
                assert (ROOT / first).exists(), line
            elif module := re.search(r"\.venv/bin/python -m ([\w.]+)", line):
                assert importlib.util.find_spec(module[1]) is not None, line


@cache
def known_addresses() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Every method and address of the application; a hole in an address takes anything but a slash."""
    return tuple(
        (method, re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(door.template)) + "/?"))
        for door in doors_of(application())
        for method in sorted(door.methods)
    )


def is_address(method: str, path: str) -> bool:
    return any(method == known and pattern.fullmatch(path) for known, pattern in known_addresses())


def test_every_address_that_is_called_is_one_that_the_api_has() -> None:
    seen = 0
    for page in PAGES:
        for line in shell_lines(page):
            plain = re.sub(r"\$\([^)]*\)|\$(?!BASE_URL|COUNTERSIGN_PUBLIC_URL)\w+", "x", line)
            if line.startswith("curl") and (called := re.search(r"(?:BASE_URL|PUBLIC_URL)\"?(/[^\s\"?]*)", plain)):
                said = re.search(r"-X ([A-Z]+)", line)
                method = said[1] if said else "POST" if re.search(r" -[Fd] ", line) else "GET"
                assert is_address(method, called[1]), f"{page}: {line}"
                seen += 1
        for code in inline_code(page):
            named = METHODS.match(code)
            if named and "…" not in code and "..." not in code and named[2].startswith(("/v1", "/api", "/health")):
                path = re.sub(r"\{[^}]*\}", "x", named[2].rstrip(".,;:"))
                assert is_address(named[1], path), f"{page}: {code}"
                seen += 1
    assert seen > 40
    assert not is_address("POST", "/v1/outages/x/switch")


def test_documented_sql_runs(module_database: Database) -> None:
    ran = 0
    with psycopg.connect(module_database.urls["owner"]) as connection:
        for _, line in commands("countersign"):
            given = words(line)
            if given[1:3] == ["psql", "-c"] and "COPY" not in given[3]:
                connection.execute(given[3])
                ran += 1
    assert ran >= 6


def test_what_an_administrator_types_is_run_as_it_stands(
    module_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSIGN_ENV", "dev")
    assert (
        invoke(["admin", "tenant", "create", "NORTH_GRID", "--name", "North Grid", "--timezone", "Europe/Oslo"])[0] == 0
    )
    for line in (
        "admin person invite --tenant NORTH_GRID --email bo@north.example --name Bo --role ADMIN",
        "admin person list --tenant NORTH_GRID",
        "admin role give --tenant NORTH_GRID --email bo@north.example --role REVIEWER --valid-to 2027-03-31",
        "admin key create --tenant NORTH_GRID --name 'Head end' --scope ami:write --expires 2027-12-31",
        "admin key list --tenant NORTH_GRID",
        "migrate --apply",
        "migrate --verify",
        "prepare",
        "worker --once --json",
        "retention plan --help",
    ):
        code, output = invoke(shlex.split(line))
        assert code == 0, f"{line}: {output}"
        told = [*(told for _, told in commands("countersign")), *(code for page in PAGES for code in inline_code(page))]
        shown = any(set(shlex.split(line)) <= set(one.split() if "'" in one else words(one)) for one in told)
        assert shown, f"{line} is not in the documents any more"
