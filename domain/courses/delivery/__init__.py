"""Delivery: reading, enrolment, progress, graded quizzes, the store, exports."""
