"""The pages of a ZIP as HTML files; every text goes through the one renderer of markup or is escaped."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from domain.courses.content.markup import html_of, inline_html_of
from domain.courses.delivery.exports.answers import masked_answers
from domain.courses.delivery.exports.plan import Page, Part, Plan

Format = Literal["scorm12", "scorm2004", "web"]
FOLDER = Path(__file__).parent
# What each page loads, in this order; the first two speak with an LMS, so that plain pages do without them.
SCRIPTS: dict[Format, tuple[str, ...]] = {
    "scorm12": ("lms.js", "scorm12.js", "player.js"),
    "scorm2004": ("lms.js", "scorm2004.js", "player.js"),
    "web": ("player.js",),
}
STYLE = "player.css"


def page_files(plan: Plan, form: Format) -> dict[str, bytes]:
    """All pages with what they load, by path."""
    files = {f"player/{name}": (FOLDER / "player" / name).read_bytes() for name in (STYLE, *SCRIPTS[form])}
    files["index.html"] = _index(plan, form)
    for part in plan.parts:
        for page in part.pages:
            files[page.path] = _page(plan, part, page, form)
    return files


def _index(plan: Plan, form: Format) -> bytes:
    return _written("index.html", plan, form, root="")


def _page(plan: Plan, part: Part, page: Page, form: Format) -> bytes:
    at = plan.pages.index(page)
    before = plan.pages[at - 1] if at else None
    after = plan.pages[at + 1] if at + 1 < len(plan.pages) else None
    more: dict[str, object] = {"part": part, "page": page, "item": page.item, "before": before, "after": after}
    if page.kind == "quiz":
        more["answers"] = masked_answers(page.item)  # type: ignore[arg-type]
    if page.kind == "project":
        titles = {lesson.id: lesson.title for lesson in plan.package.lessons}
        more["lesson_titles"] = titles
    return _written(f"{page.kind}.html", plan, form, root="../", number=at + 1, **more)


def _written(template: str, plan: Plan, form: Format, **more: object) -> bytes:
    text = _environment().get_template(template).render(plan=plan, form=form, scripts=SCRIPTS[form], **more)
    return f"{text.strip()}\n".encode()


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates", encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["blocks"] = lambda text: Markup(html_of(text))  # noqa: S704 - escaped by the renderer
    environment.filters["line"] = lambda text: Markup(inline_html_of(text))  # noqa: S704 - escaped by the renderer
    return environment
