"""An LMS to test with: scorm-again in a page of ours, which writes down every call that a page of a course makes."""

import functools
import http.server
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, FrameLocator, Page

SCORM_AGAIN = Path(__file__).parent / "scorm_again"
CALLS = {
    "scorm12": "LMSInitialize LMSGetValue LMSSetValue LMSCommit LMSFinish LMSGetLastError LMSGetErrorString"
    " LMSGetDiagnostic",
    "scorm2004": "Initialize GetValue SetValue Commit Terminate GetLastError GetErrorString GetDiagnostic",
}
NAMES = {
    "scorm12": ("Scorm12API", "API", "LMSGetLastError"),
    "scorm2004": ("Scorm2004API", "API_1484_11", "GetLastError"),
}
HOST = """<!doctype html><meta charset="utf-8"><title>LMS</title><script src="{script}"></script>
<style>body {{ margin: 0 }} iframe {{ border: 0; width: 100vw; height: 100vh }}</style>
<script>
window.log = [];
window.begin = (before) => {{
  const api = new {api}({{ autocommit: false, logLevel: 5 }});
  if (before) api.loadFromJSON(before);
  const told = {{}};
  for (const name of {calls}) {{
    told[name] = (...given) => {{
      const answer = api[name](...given);
      if (name !== "{error}") window.log.push([name, given, answer, String(api.{error}())]);
      return answer;
    }};
  }}
  window.real = api;
  window.{name} = told;
}};
</script><iframe id="sco" src="about:blank"></iframe>"""


@dataclass
class Visit:
    """What one opened page did: its calls as (name, arguments, answer, error), and what the LMS has afterwards."""

    calls: list[tuple[str, list[str], str, str]]
    after: dict[str, Any]
    requests: list[str] = field(default_factory=list)

    def named(self, *names: str) -> list[tuple[str, list[str], str, str]]:
        """The calls with one of these names."""
        return [call for call in self.calls if call[0] in names]

    def values(self, element: str) -> list[str]:
        """What was set for an element, in order."""
        return [given[1] for _, given, _, _ in self.named("LMSSetValue", "SetValue") if given[0] == element]


@dataclass
class Lms:
    """The LMS in one browser page, on a package that is served beside it."""

    page: Page
    address: str
    form: str
    requests: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def visit(self, path: str, act: Any = None, before: dict[str, Any] | None = None) -> Visit:
        """Open a page in the frame, let `act` do something there, leave it. `before` is what the LMS remembers."""
        self.page.goto(f"{self.address}/host.html")
        self.page.evaluate("(before) => window.begin(before)", before)
        self.page.evaluate("(path) => { document.getElementById('sco').src = path }", path)
        frame = self.page.frame_locator("#sco")
        frame.locator("footer").wait_for()
        self.page.wait_for_function("document.getElementById('sco').contentDocument.readyState === 'complete'")
        if act is not None:
            act(frame)
        self.page.evaluate("document.getElementById('sco').src = 'about:blank'")
        self.page.wait_for_function("document.getElementById('sco').contentDocument.body.childElementCount === 0")
        after = json.loads(self.page.evaluate("window.real.renderCMIToJSONString()"))["cmi"]
        calls = [tuple(call) for call in self.page.evaluate("window.log")]
        return Visit(calls, after, list(self.requests))


@contextmanager
def opened(browser: Browser, package: bytes, form: str, folder: Path, **context: Any) -> Iterator[Lms]:
    """The package unpacked and served on loopback, with the LMS' page beside it."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        archive.extractall(folder)
    if form in NAMES:
        script = SCORM_AGAIN / f"{form}.min.js"
        api, name, error = NAMES[form]
        (folder / script.name).write_bytes(script.read_bytes())
        names = json.dumps(CALLS[form].split())
        host = HOST.format(script=script.name, api=api, name=name, error=error, calls=names)
        (folder / "host.html").write_text(host, encoding="utf-8")
    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    page = browser.new_page(**context)
    lms = Lms(page, f"http://127.0.0.1:{server.server_port}", form)
    page.on("request", lambda request: lms.requests.append(request.url))
    page.on("pageerror", lambda error: lms.faults.append(str(error)))
    page.on("console", lambda told: lms.faults.append(told.text) if told.type == "error" else None)
    try:
        yield lms
    finally:
        page.close()
        server.shutdown()
        thread.join(10)
        server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server of files that tells nothing; a browser's own wish for an icon is answered with nothing."""

    def do_GET(self) -> None:
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
            return
        super().do_GET()

    def log_message(self, *_: object) -> None:
        return


def answer(frame: FrameLocator, options: list[int]) -> None:
    """Choose these options, one a question, and have them checked."""
    for number, option in enumerate(options, start=1):
        frame.locator(f"#q{number:02d} input").nth(option).check()
    frame.locator("#check").click()
