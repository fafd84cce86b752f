"""What a study's files do not tell, and which figures are therefore null; and what was passed over in them."""

from dataclasses import dataclass

from domain.courses.insight.formats.answer import has_views
from domain.courses.insight.rules.facts import NEVER, differing_events, distinct_ids
from domain.courses.insight.rules.figures import Figures

NAMED = 5
_COMPLETIONS = (
    "completed",
    "course_completion_pct",
    "drop_off of the last lesson",
    "matured_drop_off of the last lesson",
    "funnel.completed",
    "LOW_COURSE_COMPLETION",
)
_AGAINST_PLAN = ("LOW_TIME_ON_LESSON", "HIGH_TIME_ON_LESSON")
_TIMES = ("seconds", "timed_learners", "avg_seconds", "median_seconds", *_AGAINST_PLAN)
_OUTCOMES = ("quiz.fail_rate", "quiz.learner_pass_rate", "quiz.first_attempt_pass_rate", "LOW_QUIZ_PASS_RATE")
_PURCHASES = ("funnel.purchases", "refund_rate", "unused_purchase_rate", "HIGH_REFUND_RATE")


@dataclass(frozen=True)
class Missing:
    """Figures that are null throughout, or for the courses that are named, and why."""

    figures: tuple[str, ...]
    because: str

    def members(self) -> dict[str, object]:
        """As it stands in the answer."""
        return {"figures": list(self.figures), "because": self.because}


def missing(figures: Figures) -> list[Missing]:
    """What cannot be known, in a fixed order."""
    facts = figures.facts
    unlisted = [course.course_id for course in facts.courses if not course.lessons_known]
    unplanned = [
        course.course_id
        for course in facts.courses
        if course.lessons_known and any(lesson.planned_minutes is None for lesson in course.lessons)
    ]
    cases: tuple[tuple[object, tuple[str, ...], str], ...] = (
        (not facts.completions_known, _COMPLETIONS, "The enrolments have no column completed_at."),
        (not facts.revocations_known, ("revoked",), "The enrolments have no column revoked_at; all count as enrolled."),
        (not facts.times_known, _TIMES, "Every event is at midnight: the file tells days, and no times within them."),
        (not facts.outcomes_known, _OUTCOMES, "No event tells which attempts passed: neither passed nor quiz_passed."),
        (
            unlisted,
            ("mean_progress_pct", "title", "planned_minutes", *_AGAINST_PLAN),
            f"No lessons are listed for {_some(unlisted)}; they are taken to go up to the highest that events name.",
        ),
        (unplanned, _AGAINST_PLAN, f"Lessons have no planned_minutes in {_some(unplanned)}."),
        (not has_views(figures), ("funnel",), "No event is a course_view."),
        (True, _PURCHASES, "Files of study mode tell nothing of purchases."),
    )
    return [Missing(names, because) for is_missing, names, because in cases if is_missing]


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED:,} more courses"


def notes(figures: Figures) -> list[str]:
    """What a reader should know before quoting a figure, in sentences."""
    facts, standing = figures.facts, figures.standing
    events, enrolments = facts.events, standing.enrolments
    repeated = len(events) - distinct_ids(events)
    differing = differing_events(events) if repeated else 0
    late_events = len(events) - repeated - len(figures.events)
    begun = int((facts.enrolments.enrolled_at <= figures.as_of).sum())
    known = figures.events.where(figures.events.learner >= 0)
    strangers = int((standing.enrolment_of(known.learner, known.course) < 0).sum())
    early = int(((enrolments.completed_at < NEVER) & (enrolments.completed_at < enrolments.enrolled_at)).sum())
    counted = (
        (repeated, "Event rows with an id that stands twice, counted once: {:,}."),
        (differing, "Event ids whose rows differ: {:,}; of each the earliest counts."),
        (late_events, "Events after the as-of instant, left out: {:,}."),
        (len(facts.enrolments) - begun, "Enrolments after the as-of instant, left out: {:,}."),
        (begun - len(enrolments), "Enrolment rows of a learner who already is in the course, counted once: {:,}."),
        (strangers, "Events of learners who are not enrolled, which enter the funnel's views alone: {:,}."),
        (early, "Enrolments that were completed before they began, counted as completed: {:,}."),
    )
    return [sentence.format(count) for count, sentence in counted if count]
