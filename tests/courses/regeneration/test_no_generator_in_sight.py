"""What answers HTTP reaches nothing that makes content: asked of a fresh process, and with a planted fault."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

GENERATORS = (
    "domain.courses.authoring.generation",
    "domain.courses.authoring.worker",
    "domain.courses.regeneration.executors",
    "domain.courses.regeneration.execution",
)
PROGRAM = f"""
import sys
from api.app import create_app
create_app().openapi()
found = sorted(name for name in sys.modules if name.startswith({GENERATORS!r}))
print(found)
sys.exit(bool(found))
"""


def loaded(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", PROGRAM], cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    for name in ("api", "domain"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "sql", folder / "sql")
    return folder


def test_neither_api_nor_pages_load_a_generator() -> None:
    done = loaded(ROOT)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_insight_and_advice_load_none_either() -> None:
    program = (
        "import sys, importlib, pkgutil\n"
        "for package in ('domain.courses.insight', 'domain.kernel.advice'):\n"
        "    found = importlib.import_module(package)\n"
        "    for one in pkgutil.walk_packages(found.__path__, package + '.'):\n"
        "        importlib.import_module(one.name)\n"
        f"sys.exit(any(name.startswith({GENERATORS!r}) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=120).returncode == 0


@pytest.mark.parametrize("where", ["api/courses/regeneration.py", "domain/courses/regeneration/observe/requests.py"])
def test_a_planted_import_is_found(copy: Path, where: str) -> None:
    file = copy / where
    before = file.read_text()
    file.write_text(f"{before}\nfrom domain.courses.regeneration.executors import parts  # noqa\n")
    done = loaded(copy)
    file.write_text(before)
    assert done.returncode == 1, done
    assert "domain.courses.regeneration.executors.parts" in done.stdout
