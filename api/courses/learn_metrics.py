"""What learners do, counted for Prometheus; no learner and no course is a label."""

from prometheus_client import Counter

exports_total = Counter("course_exports_total", "Exports of courses asked for.", ["format", "result"])
lesson_views_total = Counter("lesson_views_total", "Lessons that were opened.")
lesson_completed_total = Counter("lesson_completed_total", "Lessons that were completed.")
enrollments_total = Counter("course_enrollments_total", "Enrolments made.")
purchases_total = Counter("purchase_completed_total", "Purchases recorded.")
