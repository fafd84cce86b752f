"""The author behind a model, against a real HTTP server: what it sends, what it takes, what it never tells."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from domain.courses.authoring.generation.configured import configured_author
from domain.courses.authoring.generation.generate import generate_lessons, generate_syllabus
from domain.courses.authoring.generation.model_author import ModelAuthor, Provider, check_address
from domain.courses.authoring.generation.offline.author import OfflineAuthor
from domain.courses.authoring.generation.prompts import template_hash
from domain.courses.authoring.rules.answers import Place, read_lessons
from domain.kernel.errors import CountersignError, Invalid, NotConfigured, Unavailable
from domain.kernel.settings import Settings
from tests.courses import small_course as made
from tests.courses.authoring.generation.fake_service import Service, running

KEY = "sk-secret-of-the-test"
PLACE = Place(made.syllabus(), made.COURSE, "m01")
GOOD = json.dumps([made.lesson_json("m01l01"), made.lesson_json("m01l02")])
PROVIDERS: tuple[Provider, ...] = ("openai", "anthropic", "compatible")


def author(service: Service, provider: Provider = "openai", **changes: object) -> ModelAuthor:
    address = service.address if provider == "anthropic" else f"{service.address}/v1"
    return ModelAuthor(provider, "fake-model", SecretStr(KEY), base_url=address, **{"timeout_s": 10, **changes})


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_good_answer_becomes_drafts_with_all_that_it_came_from(provider: Provider) -> None:
    with running(GOOD) as service:
        draft = generate_lessons(PLACE, author(service, provider))
    assert [lesson.id for lesson in draft.contents] == ["m01l01", "m01l02"]
    assert draft.answer.text == GOOD
    assert (draft.answer.provider, draft.answer.model, draft.answer.seed) == (provider, "fake-model-1", 3)
    assert (draft.answer.prompt_id, draft.answer.prompt_sha256) == ("lessons-1", template_hash("LESSON"))
    assert read_lessons(draft.answer.text, PLACE) == list(draft.contents)
    (asked,) = service.asked
    assert asked["path"] == ("/v1/messages" if provider == "anthropic" else "/v1/chat/completions")
    assert asked["body"]["model"] == "fake-model"
    assert asked["body"]["temperature"] == 0.0
    assert KEY in str(asked["headers"])
    content = asked["body"]["messages"][0]["content"]
    assert draft.prompt.text == (content if isinstance(content, str) else content[0]["text"])


def test_the_seed_goes_to_those_who_take_one() -> None:
    with running(GOOD) as service:
        generate_lessons(PLACE, author(service))
        generate_lessons(PLACE, author(service, "anthropic"))
    assert service.asked[0]["body"]["seed"] == 3
    assert "seed" not in service.asked[1]["body"]


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
@pytest.mark.parametrize(
    ("said", "told"),
    [(f"```json\n{GOOD}\n```", "code fence"), ("length", "broke off"), (GOOD[:-40], "no JSON"), ("", "empty")],
)
def test_a_malformed_answer_is_refused_and_not_asked_for_again(provider: Provider, said: str, told: str) -> None:
    with running(said) as service, pytest.raises(Invalid) as refused:
        generate_lessons(PLACE, author(service, provider))
    assert refused.value.code == "GENERATION_INVALID"
    assert told in refused.value.detail
    assert len(service.asked) == 1


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
@pytest.mark.parametrize(
    ("said", "error", "tries"),
    [
        ("429", Unavailable, 1),
        ("500", Unavailable, 1),
        ("401", NotConfigured, 1),
        ("302", Unavailable, 1),
        ("garbage", CountersignError, 1),
        ("slow", Unavailable, 3),
        ("cut", Unavailable, 3),
    ],
)
def test_a_service_that_fails_is_told_of_and_only_transport_is_tried_again(
    provider: Provider, said: str, error: type[CountersignError], tries: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with running(said) as service, pytest.raises(error) as failed:
        generate_lessons(PLACE, author(service, provider, timeout_s=0.4))
    assert len(service.asked) == tries
    assert all(asked["path"] != "/elsewhere" for asked in service.asked)
    assert KEY not in caplog.text
    told: BaseException | None = failed.value
    while told is not None:
        assert KEY not in f"{told!r} {told}"
        told = told.__cause__
    if said == "429":
        assert failed.value.retry_after_s == 60


def test_a_transport_that_recovers_gives_the_answer() -> None:
    with running("cut", "cut", GOOD) as service:
        assert len(generate_lessons(PLACE, author(service)).contents) == 2
    assert len(service.asked) == 3


def test_nobody_listens() -> None:
    with running(GOOD) as service:
        gone = author(service)
    with pytest.raises(Unavailable, match="could not be reached"):
        generate_lessons(PLACE, gone)


@pytest.mark.parametrize(
    "address",
    [
        "http://models.example.com/v1",
        "http://169.254.169.254/latest",
        "http://10.0.0.8/v1",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "https://user:pass@models.example.com/v1",
        "https://models.example.com/v1?key=1",
        "http://localhost.example.com/v1",
        "http://127.0.0.1.nip.io/v1",
        "https://",
        "",
    ],
)
def test_a_prompt_is_sent_to_no_address_but_https_or_loopback(address: str) -> None:
    with pytest.raises(NotConfigured, match="must be https"):
        ModelAuthor("compatible", "m", SecretStr(KEY), base_url=address)


@pytest.mark.parametrize(
    "address",
    ["https://models.example.com/v1", "http://127.0.0.1:11434/v1", "http://localhost/v1", "http://[::1]:8/v1"],
)
def test_https_and_loopback_are_taken(address: str) -> None:
    check_address(address)


def test_the_settings_name_the_author(tmp_path: Path) -> None:
    assert isinstance(configured_author(Settings()), OfflineAuthor)
    key_file = tmp_path / "key"
    key_file.write_text(f"{KEY}\n")
    named = configured_author(Settings(author="anthropic", author_model="m", author_key_file=key_file))
    assert isinstance(named, ModelAuthor)
    assert named.key.get_secret_value() == KEY
    assert KEY not in repr(named)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"author": "openai", "author_key": KEY}, "has no model"),
        ({"author": "openai", "author_model": "m"}, "has no key"),
        ({"author": "openai", "author_model": "m", "author_key_file": "/nowhere/key"}, "could not be read"),
        ({"author": "compatible", "author_model": "m", "author_key": KEY}, "has no address"),
        (
            {"author": "openai", "author_model": "m", "author_key": KEY, "author_base_url": "http://a.b"},
            "must be https",
        ),
    ],
)
def test_a_setting_that_is_missing_is_named(changes: dict[str, object], told: str) -> None:
    with pytest.raises(NotConfigured, match=told):
        configured_author(Settings.model_validate(changes))


@pytest.mark.parametrize("changes", [{"author": "oracle"}, {"author_temperature": 0.4}, {"author_timeout_s": 0}])
def test_a_setting_outside_its_bounds_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(changes)


def test_who_writes_offline_loads_no_library_for_models() -> None:
    program = "\n".join(
        [
            "import sys",
            "from domain.courses.authoring.generation.configured import configured_author",
            "from domain.kernel.settings import Settings",
            "configured_author(Settings())",
            "print([name for name in ('pydantic_ai', 'openai', 'anthropic', 'httpx2') if name in sys.modules])",
        ]
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_syllabus_says_who_made_it() -> None:
    metadata = generate_syllabus(made.request(), OfflineAuthor()).content.metadata
    assert (metadata.generator, metadata.model, metadata.prompt_id) == ("offline", "offline-1", "syllabus-1")
    assert metadata.prompt_sha256 == template_hash("SYLLABUS")
