"""The offline author: valid for every request, the same again each time, and worth reading."""

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.courses.authoring.generation.generate import generate_lessons, generate_quizzes, generate_syllabus
from domain.courses.authoring.generation.offline.author import OfflineAuthor
from domain.courses.authoring.generation.offline.choose import find_lesson, known_subject
from domain.courses.authoring.generation.offline.subject import SUBJECTS, modes, subject
from domain.courses.authoring.generation.offline.times import apportioned
from domain.courses.authoring.rules.answers import Place
from domain.courses.authoring.rules.warnings import NOT_WRITTEN, content_warnings
from domain.courses.content.hashes import content_hash, content_text
from domain.courses.content.request import SyllabusRequest
from domain.courses.content.syllabus import Syllabus
from domain.kernel.errors import NotFound
from tests.courses import small_course as made
from tests.courses.authoring.generation.whole_course import write

AUTHOR = OfflineAuthor()
KNOWN_TITLES = [subject(name).title for name in SUBJECTS]
STYLES = ("lecture", "socratic", "project_based", "practical", "exam_prep")
LEVELS = ("beginner", "intermediate", "advanced")


@st.composite
def requests(draw: st.DrawFn) -> SyllabusRequest:
    words = st.text(min_size=5, max_size=120)
    wishes = st.sampled_from(["ExamFocused", "ProjectBased", "Practical", "NoVideo", "Accessible"]) | st.text(
        min_size=3, max_size=200
    )
    try:
        return made.request(
            courseTitle=draw(st.sampled_from([*KNOWN_TITLES, "Intro to AI", "Baking bread at home"]) | words),
            targetAudience=draw(st.just("New staff") | st.text(min_size=3, max_size=200)),
            skillLevel=draw(st.sampled_from(LEVELS)),
            timeBudgetMinutes=draw(st.integers(30, 1_000) | st.integers(30, 60_000)),
            teachingStyle=draw(st.sampled_from(STYLES)),
            constraints=draw(st.lists(wishes, max_size=10)),
            language=draw(st.sampled_from(["en", "en-AU", "de", "zh-Hant"])),
            seed=draw(st.integers(0, 2**31 - 1)),
        )
    except ValidationError:
        return made.request(seed=draw(st.integers(0, 99)))


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(requests())
@example(made.request(timeBudgetMinutes=60_000, courseTitle=KNOWN_TITLES[0]))
@example(made.request(timeBudgetMinutes=60_000, courseTitle="Anything else"))
@example(made.request(timeBudgetMinutes=30, courseTitle=KNOWN_TITLES[0], teachingStyle="project_based"))
def test_every_valid_request_gets_a_syllabus_that_holds_together_and_fits(
    request: SyllabusRequest,
) -> None:
    syllabus = generate_syllabus(request, AUTHOR).content
    assert abs(syllabus.total_minutes - request.time_budget_minutes) <= 2
    module = syllabus.modules[request.seed % len(syllabus.modules)]
    place = Place(syllabus, made.COURSE, module.id)
    assert [lesson.id for lesson in generate_lessons(place, AUTHOR, request=request).contents] == place.wanted("LESSON")


@pytest.mark.parametrize("title", [*KNOWN_TITLES, "Intro to AI"])
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("budget", [30, 45, 240, 2_000])
def test_a_whole_course_becomes_a_package_and_gives_no_learner_a_hint(title: str, style: str, budget: int) -> None:
    level = LEVELS[(budget + STYLES.index(style)) % 3]
    asked = {"teachingStyle": style, "timeBudgetMinutes": budget, "skillLevel": level, "seed": budget}
    whole = write(made.request(courseTitle=title, **asked), AUTHOR)
    assert whole.package().totals.minutes == whole.syllabus.total_minutes
    codes = {warned.code for content in whole.contents for warned in content_warnings(content, whole.syllabus)}
    assert codes <= ({"NOT_WRITTEN"} if title == "Intro to AI" else set())


@pytest.mark.parametrize("title", KNOWN_TITLES)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31 - 1))
def test_quizzes_of_every_seed_give_no_learner_a_hint(title: str, seed: int) -> None:
    request = made.request(courseTitle=title, timeBudgetMinutes=900, seed=seed)
    syllabus = generate_syllabus(request, AUTHOR).content
    for module in syllabus.modules:
        for quiz in generate_quizzes(Place(syllabus, made.COURSE, module.id), AUTHOR).contents:
            assert content_warnings(quiz, syllabus) == []


def test_the_largest_course_stays_below_the_limit_of_a_package() -> None:
    for title in (*KNOWN_TITLES, "Intro to AI"):
        whole = write(made.request(courseTitle=title, timeBudgetMinutes=60_000), AUTHOR)
        assert len(content_text(whole.package()).encode()) < 5_000_000


def test_the_same_request_gives_the_same_bytes_in_another_process() -> None:
    program = "\n".join(
        [
            "from tests.courses import small_course as made",
            "from tests.courses.authoring.generation.whole_course import write",
            "from domain.courses.authoring.generation.offline.author import OfflineAuthor",
            "from domain.courses.content.hashes import content_hash, content_text",
            f"request = made.request(courseTitle={KNOWN_TITLES[0]!r})",
            "print(content_hash(content_text(write(request, OfflineAuthor()).package())))",
        ]
    )
    here = content_hash(content_text(write(made.request(courseTitle=KNOWN_TITLES[0]), AUTHOR).package()))
    for seed in ("0", "4711"):
        env = {"PYTHONHASHSEED": seed, "PYTHONPATH": "."}
        ran = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
        assert ran.stdout.strip() == here


def test_another_seed_orders_the_questions_otherwise_and_asks_the_same() -> None:
    def asked(seed: int) -> list[str]:
        syllabus = generate_syllabus(made.request(courseTitle=KNOWN_TITLES[0], seed=seed), AUTHOR).content
        quiz = generate_quizzes(Place(syllabus, made.COURSE, "m01"), AUTHOR).contents[0]
        return [question.question for question in quiz.questions]

    assert sorted(asked(1)) == sorted(asked(2))
    assert any(asked(1) != asked(seed) for seed in range(2, 9))


@pytest.mark.parametrize("name", SUBJECTS)
def test_each_subject_is_found_by_its_title_and_whole(name: str) -> None:
    known = subject(name)
    assert known_subject(known.title) is known
    keys = [lesson.key for lesson in known.lessons]
    titles = [lesson.title.casefold() for lesson in known.lessons]
    assert len(set(keys)) == len(keys)
    assert len(set(titles)) == len(titles)
    assert 10 <= len(keys) <= 30
    for number, lesson in enumerate(known.lessons):
        assert set(lesson.needs) <= set(keys[:number]), lesson.key
        assert len(lesson.questions) >= 3, lesson.key
        assert {question.objective for question in lesson.questions} == set(range(len(lesson.objectives))), lesson.key
        assert all(objective.outcomes for objective in lesson.objectives), lesson.key
        assert len(" ".join(concept.text for concept in lesson.concepts)) > 500, lesson.key
        assert NOT_WRITTEN not in lesson.overview


@pytest.mark.parametrize(
    ("title", "known"),
    [
        ("Countersign for operators", "countersign"),
        ("COUNTERSIGNING at work", "countersign"),
        ("SAIDI and CAIDI for newcomers", "reliability"),
        ("Power outage basics", "reliability"),
        ("AS 1851: stair pressurisation in practice", "stairs"),
        ("Statistics for everybody", "statistics"),
        ("Data engineering with Spark", None),
        ("Outage of the mind", None),
        ("Intro to AI", None),
        ("Baking bread", None),
    ],
)
def test_a_title_finds_its_subject_or_none(title: str, known: str | None) -> None:
    assert known_subject(title) == (subject(known) if known else None)


def test_a_topic_that_it_does_not_know_gets_a_frame_that_says_so() -> None:
    whole = write(made.request(courseTitle="Intro to AI", timeBudgetMinutes=300), AUTHOR)
    assert "this is a frame" in whole.syllabus.description
    for name in SUBJECTS:
        assert subject(name).title in whole.syllabus.description
    assert all(NOT_WRITTEN in lesson.explanation.overview for lesson in whole.lessons)
    assert whole.quizzes == []


def test_a_language_and_wishes_that_it_cannot_serve_are_told() -> None:
    request = made.request(courseTitle=KNOWN_TITLES[0], language="de", constraints=["NoVideo", "Use our logo"])
    description = generate_syllabus(request, AUTHOR).content.description
    assert "The offline author writes English" in description
    assert "to be checked by a person: Use our logo." in description
    assert "no video" in description


def test_more_time_brings_more_and_less_time_brings_the_most_important() -> None:
    def course(budget: int) -> Syllabus:
        return generate_syllabus(made.request(courseTitle=KNOWN_TITLES[0], timeBudgetMinutes=budget), AUTHOR).content

    counts = [len(course(budget).lessons) for budget in (30, 90, 240, 900, 6_000)]
    assert counts == sorted(set(counts))
    known = {lesson.title: lesson.priority for lesson in subject(SUBJECTS[0]).lessons}
    assert {known[lesson.title] for lesson in course(30).lessons} == {1}


def test_style_level_and_constraints_are_seen_in_the_course() -> None:
    def course(**changes: object) -> Syllabus:
        return generate_syllabus(made.request(courseTitle=KNOWN_TITLES[0], **changes), AUTHOR).content

    def hooks(syllabus: Syllabus, kind: str) -> int:
        return sum(lesson.hook(kind) is not None for lesson in syllabus.lessons)

    hours = {"timeBudgetMinutes": 600, "constraints": []}
    assert hooks(course(teachingStyle="project_based", **hours), "project") > hooks(
        course(teachingStyle="lecture", **hours), "project"
    )
    assert hooks(course(teachingStyle="socratic", **hours), "reflection") > hooks(
        course(teachingStyle="lecture", **hours), "reflection"
    )
    assert {lesson.depth for lesson in course(skillLevel="advanced", **hours).lessons} == {"master", "practise"}
    exam = made.request(courseTitle=KNOWN_TITLES[0], constraints=["ExamFocused"])
    place = Place(generate_syllabus(exam, AUTHOR).content, made.COURSE, "m01")
    assert generate_quizzes(place, AUTHOR, request=exam).contents[0].pass_threshold_pct == 80


def test_what_a_person_renamed_is_not_made_up() -> None:
    request = made.request(courseTitle=KNOWN_TITLES[0], timeBudgetMinutes=120)
    content = generate_syllabus(request, AUTHOR).content.model_dump(mode="json")
    content["modules"][0]["lessons"][0]["title"] = "Something of the author's own"
    revised = Syllabus.model_validate(content)
    place = Place(revised, made.COURSE, "m01")
    first, second = generate_lessons(place, AUTHOR).contents[:2]
    assert NOT_WRITTEN in first.explanation.overview
    assert NOT_WRITTEN not in second.explanation.overview
    assert generate_quizzes(place, AUTHOR).contents[0].questions[0].question.startswith("This quiz is not written yet")


def test_an_instruction_makes_the_next_draft_another_one() -> None:
    request = made.request(courseTitle=KNOWN_TITLES[0], timeBudgetMinutes=120)
    place = Place(generate_syllabus(request, AUTHOR).content, made.COURSE, "m01", only=("m01l01",))
    plain = generate_lessons(place, AUTHOR).content
    clearer = generate_lessons(place, AUTHOR, instruction="Explain it more clearly").content
    assert len(clearer.explanation.concepts) > len(plain.explanation.concepts)


def test_a_module_without_a_hook_gets_nothing() -> None:
    place = Place(made.syllabus(), made.COURSE, "m02")
    with pytest.raises(NotFound) as refused:
        generate_quizzes(place, AUTHOR)
    assert refused.value.code == "NOTHING_PLANNED"


def test_every_way_of_practice_is_found_again_by_its_title() -> None:
    for way in modes():
        for lesson in subject(SUBJECTS[0]).lessons:
            found = find_lesson(f"{way.title}: {lesson.title} (round 3)", KNOWN_TITLES[0])
            assert found is not None
            assert (found.lesson, found.mode) == (lesson, way)


@given(st.lists(st.integers(1, 240), min_size=1, max_size=250), st.data())
def test_minutes_make_the_budget_to_the_nearest_step_and_stay_within_their_bounds(
    weights: list[int], data: st.DataObject
) -> None:
    total = data.draw(st.integers(len(weights) * 5, len(weights) * 240))
    minutes = apportioned(weights, total)
    assert abs(sum(minutes) - total) <= 2
    assert all(5 <= each <= 240 and each % 5 == 0 for each in minutes)
