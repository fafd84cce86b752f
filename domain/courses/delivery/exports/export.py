"""A published version as a file: the doors of this package. The same version always gives the same bytes."""

from domain.courses.content.package import TOO_LARGE_BYTES, CoursePackage
from domain.courses.delivery.exports.archive import zip_of
from domain.courses.delivery.exports.manifest import NAME as MANIFEST
from domain.courses.delivery.exports.manifest import manifest_json
from domain.courses.delivery.exports.pages import Format, page_files
from domain.courses.delivery.exports.pdf.document import course_pdf
from domain.courses.delivery.exports.plan import Plan
from domain.courses.delivery.exports.scorm12 import scorm12_files
from domain.courses.delivery.exports.scorm2004 import scorm2004_files
from domain.kernel.errors import TooLarge


def export_course_to_pdf(package: CoursePackage, version: int) -> bytes:
    """The course to print and to read offline, with its quizzes and without their answers.

    Raises:
        TooLarge: the content has five million bytes or more (PACKAGE_TOO_LARGE).
    """
    plan = Plan(package, version)
    require_exportable(plan)
    return course_pdf(plan)


def export_course_to_lms(package: CoursePackage, version: int, format: Format) -> bytes:  # noqa: A002
    """The course as a ZIP: for an LMS (scorm12, scorm2004), or as plain pages (web).

    Raises:
        TooLarge: the content has five million bytes or more (PACKAGE_TOO_LARGE).
    """
    plan = Plan(package, version)
    require_exportable(plan)
    files = page_files(plan, format)
    files[MANIFEST] = manifest_json(plan, format, files)
    if format == "scorm12":
        files |= scorm12_files(plan, files)
    elif format == "scorm2004":
        files |= scorm2004_files(plan, files)
    return zip_of(files)


def require_exportable(plan: Plan) -> None:
    """The content must stay below five million bytes of UTF-8, the limit that holds when a package is built.

    Raises:
        TooLarge: it does not (PACKAGE_TOO_LARGE).
    """
    size = len(plan.text.encode())
    if size >= TOO_LARGE_BYTES:
        raise TooLarge(
            f"The course was not exported: its content has {size:,} bytes, and fewer than {TOO_LARGE_BYTES:,} can be"
            " exported.",
            hint="Publish it as two courses, or shorten it.",
            code="PACKAGE_TOO_LARGE",
        )
