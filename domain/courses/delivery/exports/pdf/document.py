from domain.courses.delivery.exports.plan import Plan


def course_pdf(plan: Plan) -> bytes:
    return b""
