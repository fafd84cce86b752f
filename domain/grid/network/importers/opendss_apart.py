"""Read an OpenDSS model (.dss with the files that it redirects to) in a process of its own.

What becomes of that process is known here: it answers, it refuses, or it was stopped, and then the model is refused.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from domain.grid.network.importers.opendss_model import Bus, Circuit, Control, Element, Load
from domain.grid.network.rules.model import Finding
from domain.kernel.canonical import sha256_hex
from domain.kernel.errors import Invalid, NotFound, TooLarge

MODULE = "domain.grid.network.importers.opendss_child"
LONGEST_S = 240
MOST_HASHED = 1024 * 1024 * 1024


def read_dss_file(path: Path) -> Circuit:
    """The circuit that a .dss file describes.

    Raises:
        NotFound: no such file.
        Invalid: the engine refuses the model, its own words are given; or it has what no description has.
        TooLarge: the files beside it.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", hint="Name the model's master file (.dss).")
    digest = _folder_hash(path)
    with tempfile.TemporaryDirectory(prefix="countersign-dss-") as folder:
        answer = _asked(path.resolve(), Path(folder).resolve())
    if "refused" in answer:
        refused = answer["refused"]
        raise Invalid(refused["detail"], hint=refused["hint"], code=refused["code"] or "OPENDSS_INVALID")
    return _circuit(answer["circuit"], digest)


def _asked(master: Path, folder: Path) -> dict[str, Any]:
    """What the process answers. It is given nothing but a place for temporary files: no setting, no secret.

    Raises:
        Invalid: it was stopped before it answered.
    """
    surroundings = {"HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(  # noqa: S603  our own interpreter with our own module
            [sys.executable, "-I", "-m", MODULE, str(master), str(folder)],
            cwd=folder,
            env=surroundings | {"OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=LONGEST_S,
            check=False,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError) as cause:
        raise Invalid(
            f"{master.name} could not be read within the time and memory that a model is given.",
            hint="Files that include one another, shapes of millions of points and the like make a model so large.",
            code="OPENDSS_INVALID",
        ) from cause
    return answer


def _circuit(told: dict[str, Any], digest: str) -> Circuit:
    own = told | {
        "sha256": digest,
        "buses": tuple(Bus(**one) for one in told["buses"]),
        "elements": tuple(Element(**one) for one in told["elements"]),
        "loads": tuple(Load(**one) for one in told["loads"]),
        "controls": tuple(Control(**one) for one in told["controls"]),
        "findings": tuple(Finding(**one | {"examples": tuple(one["examples"])}) for one in told["findings"]),
    }
    return Circuit(**own)


def _folder_hash(path: Path) -> str:
    """Over the master file and all files beside it, by name.

    Raises:
        TooLarge: they hold more than a model does.
    """
    files = sorted(one for one in path.parent.iterdir() if one.is_file())
    if sum(one.stat().st_size for one in files) > MOST_HASHED:
        raise TooLarge(
            f"The files beside {path.name} hold more than {MOST_HASHED // 2**20} MB; nothing was read.",
            hint="Put the model into a folder of its own.",
        )
    return sha256_hex("|".join(f"{one.name}:{sha256_hex(one.read_bytes())}" for one in [path, *files]).encode())
