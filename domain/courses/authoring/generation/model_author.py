"""The author behind a model: OpenAI, Anthropic, or whatever speaks as OpenAI does.

One prompt, one answer, no tools. What the answer is worth is decided by the gate that everything generated passes. The
library is loaded with the first prompt only; a copy that writes offline does not need it (extra `models`).
"""

import asyncio
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from domain.courses.authoring.generation.author import Context, Prompt, RawAnswer
from domain.courses.authoring.rules.answers import Kind
from domain.courses.authoring.rules.strict_json import refused
from domain.kernel.errors import NotConfigured, Unavailable

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.messages import ModelResponse
    from pydantic_ai.models import Model

Provider = Literal["openai", "anthropic", "compatible"]
# A transport that failed is tried twice more; an answer that came, whatever it says, never.
TRIES = 3


@dataclass(frozen=True)
class ModelAuthor:
    """Asks a model.

    Attributes:
        provider: who is asked; `compatible` speaks as OpenAI does and names its `base_url`.
        model: the model's name.
        key: never logged, never in an error.
        base_url: https, or a loopback address; redirects are not followed.
        timeout_s: for one try.
        temperature: 0.0 to 0.3.
        max_tokens: of the answer; one that is longer is refused as broken off.
    """

    provider: Provider
    model: str
    key: SecretStr
    base_url: str | None = None
    timeout_s: float = 300
    temperature: float = 0.0
    max_tokens: int = 32_000

    def __post_init__(self) -> None:
        """Refuse an address that a prompt and a key must not be sent to.

        Raises:
            NotConfigured: the address is neither https nor loopback, or is missing where one is needed.
        """
        if self.base_url is not None:
            check_address(self.base_url)
        elif self.provider == "compatible":
            raise NotConfigured(
                "The author has no address: COUNTERSIGN_AUTHOR is compatible and no base URL is set.",
                hint="Set COUNTERSIGN_AUTHOR_BASE_URL, such as https://models.example.com/v1.",
            )

    def generate(self, kind: Kind, prompt: Prompt, context: Context) -> RawAnswer:  # noqa: ARG002
        """The model's answer to the prompt. To be called outside of an event loop.

        Raises:
            Unavailable: it could not be reached, was too slow, or answered with an error; trying later can help.
            Invalid: GENERATION_INVALID, the answer broke off.
            NotConfigured: the library is not installed, or the key is not accepted.
        """
        response = asyncio.run(self._asked(prompt, context.seed))
        if response.finish_reason == "length":
            raise refused(f"it broke off after {self.max_tokens:,} tokens (COUNTERSIGN_AUTHOR_MAX_TOKENS).")
        return RawAnswer(
            text=response.text or "",
            provider=self.provider,
            model=response.model_name or self.model,
            seed=context.seed,
            prompt_id=prompt.id,
            prompt_sha256=prompt.sha256,
        )

    async def _asked(self, prompt: Prompt, seed: int) -> "ModelResponse":
        try:
            import httpx2
            from pydantic_ai import exceptions
            from pydantic_ai.direct import model_request
            from pydantic_ai.messages import ModelRequest
            from pydantic_ai.settings import ModelSettings
        except ImportError as cause:
            raise NotConfigured(
                "No model was asked: the library for models is not installed.",
                hint="Install the extra `models`, or set COUNTERSIGN_AUTHOR=offline.",
            ) from cause
        redirected: list[int] = []

        async def note_redirect(response: httpx2.Response) -> None:
            if response.is_redirect:
                redirected.append(response.status_code)

        settings = ModelSettings(max_tokens=self.max_tokens, temperature=self.temperature, timeout=self.timeout_s)
        if self.provider != "anthropic":
            settings["seed"] = seed
        messages = [ModelRequest.user_text_prompt(prompt.text)]
        async with httpx2.AsyncClient(
            timeout=self.timeout_s,
            follow_redirects=False,
            trust_env=not self._is_local,
            event_hooks={"response": [note_redirect]},
        ) as client:
            model = self._model(client)
            for _ in range(TRIES):
                try:
                    return await model_request(model, messages, model_settings=settings)
                except exceptions.ModelHTTPError as cause:
                    raise _answered(cause.status_code) from None
                except (exceptions.UnexpectedModelBehavior, ValueError, TypeError, KeyError, AttributeError):
                    # The libraries fall over bodies that are JSON and no answer.
                    raise Unavailable("The model's service answered with something that is no answer.") from None
                except (exceptions.ModelAPIError, httpx2.TransportError):
                    if redirected:
                        raise _answered(redirected[0]) from None
        raise _unreachable()

    @property
    def _is_local(self) -> bool:
        return self.base_url is not None and _is_loopback(urlsplit(self.base_url).hostname or "")

    def _model(self, client: "httpx2.AsyncClient") -> "Model[Any]":
        key = self.key.get_secret_value()
        if self.provider == "anthropic":
            from anthropic import AsyncAnthropic
            from pydantic_ai.models.anthropic import AnthropicModel
            from pydantic_ai.providers.anthropic import AnthropicProvider

            address = self.base_url or "https://api.anthropic.com"
            speaker = AsyncAnthropic(api_key=key, base_url=address, max_retries=0, http_client=client)
            return AnthropicModel(self.model, provider=AnthropicProvider(anthropic_client=speaker))
        from openai import AsyncOpenAI
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.providers.openai import OpenAIProvider

        address = self.base_url or "https://api.openai.com/v1"
        asked = AsyncOpenAI(api_key=key, base_url=address, max_retries=0, http_client=client)
        return OpenAIChatModel(self.model, provider=OpenAIProvider(openai_client=asked))


def check_address(address: str) -> None:
    """Refuse what a prompt and a key must not be sent to.

    Raises:
        NotConfigured: not https (http for loopback alone), or with a name and password, a query or a fragment in it.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    bare = not (parts.username or parts.password or parts.query or parts.fragment) and host
    if bare and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))):
        return
    raise NotConfigured(
        "The author's address was refused: it must be https, or http on a loopback address, and bare.",
        hint="Set COUNTERSIGN_AUTHOR_BASE_URL such as https://models.example.com/v1 or http://127.0.0.1:11434/v1.",
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _answered(status: int) -> Unavailable | NotConfigured:
    """The error for an answer that is one of the service's own errors; its text is not repeated, it may hold a key."""
    if status in (401, 403):
        return NotConfigured(
            f"The model's service refused the key (HTTP {status}); nothing was generated.",
            hint="Check COUNTERSIGN_AUTHOR_KEY and whether the model is open to it.",
        )
    return Unavailable(
        f"The model's service answered HTTP {status}; nothing was generated.",
        hint="Generate again later." if status == 429 or status >= 500 else "Check model and address in the settings.",
        retry_after_s=60 if status == 429 else None,
    )


def _unreachable() -> Unavailable:
    return Unavailable(
        f"The model's service could not be reached or did not answer in time ({TRIES} tries); nothing was generated.",
        hint="Check the address and the network, or generate again later.",
    )
