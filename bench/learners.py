"""A school for benchmarks: courses, learners who are enrolled, and what they looked at."""

from datetime import date

from bench.server import Server
from domain.kernel.tenancy import create_tenant

TENANT, OWNER = "BENCH", "bench"
FIRST = date(2026, 1, 1)
LESSONS, COURSES = 12, 10


def lay_out(server: Server, learners: int) -> None:
    """Ten courses of twelve lessons, and learners who are enrolled in two each; references rest meanwhile."""
    create_tenant(TENANT, "Bench", "UTC", is_demo=True)
    server.execute("SET session_replication_role = replica")
    server.execute(f"SELECT set_config('app.tenant', '{TENANT}', false)")
    server.execute(
        "INSERT INTO course_packages (package_id, syllabus_id, version, syllabus_revision, title, language, level,"
        " lessons, minutes, content_text, content_hash, size_bytes, published_by, countersignature_id, published_at)"
        f" SELECT gen_random_uuid(), 'course-' || n, 1, 1, 'Course ' || n, 'en', 'beginner', {LESSONS}, 240, '{{}}',"
        " encode(sha256('{}'), 'hex'), 2, gen_random_uuid(), gen_random_uuid(), '2025-12-01'"
        f" FROM generate_series(1, {COURSES}) AS n"
    )
    server.execute(
        "INSERT INTO enrollments (enrollment_id, user_id, course_tenant_id, course_id, package_version, created_at)"
        f" SELECT gen_random_uuid(), md5('u' || n)::uuid, '{TENANT}', 'course-' || (1 + (n + k * 3) % {COURSES}), 1,"
        f" '{FIRST}'::timestamptz FROM generate_series(1, {learners}) AS n, generate_series(0, 1) AS k"
    )


def write_events(server: Server, events: int, days: int, learners: int, first: date = FIRST) -> None:
    """Events evenly over the days: sessions of lessons that are opened and left, ten minutes apart on average."""
    server.execute(f"SELECT learner_day_open('{TENANT}', '{first}'::date + n) FROM generate_series(0, {days - 1}) AS n")
    server.execute(
        "INSERT INTO analytics_events (event_id, occurred_on, event_type, source, user_id, course_id, package_version,"
        " lesson_idx, occurred_at, received_at) SELECT gen_random_uuid(), at::date,"
        " CASE WHEN n % 10 = 0 THEN 'course_view' WHEN n % 2 = 0 THEN 'lesson_left' ELSE 'lesson_viewed' END, 'client',"
        f" md5('u' || learner)::uuid, 'course-' || (1 + (learner + n % 2 * 3) % {COURSES}), 1,"
        f" CASE WHEN n % 10 <> 0 THEN n / 7 % {LESSONS} END, at, at"
        f" FROM (SELECT n, 1 + n / 20 % {learners} AS learner, '{first}'::timestamptz"
        f" + make_interval(secs => (n / (20 * {learners})) * 1.0 * 86400 * {days}"
        f" / greatest({events} / (20 * {learners}), 1) + n % 20 * 300) AS at"
        f" FROM generate_series(0, {events - 1}) AS n) AS e"
        f" WHERE at < '{first}'::date + {days}"
    )
    server.execute("ANALYZE analytics_events")
    server.execute("ANALYZE enrollments")


def enrol(server: Server, user: str) -> None:
    """One person more, in the first course."""
    server.execute(
        "INSERT INTO enrollments (enrollment_id, user_id, course_tenant_id, course_id, package_version, created_at)"
        f" VALUES (gen_random_uuid(), '{user}', '{TENANT}', 'course-1', 1, '{FIRST}')"
    )
