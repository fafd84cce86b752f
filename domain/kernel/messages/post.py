"""E-mail and chat through apprise. The addresses of servers and rooms, with their passwords, are settings alone."""

from urllib.parse import quote

from domain.kernel.errors import Invalid, NotConfigured, Unavailable
from domain.kernel.settings import settings

APP = "Countersign"


def send_email(to: str, subject: str, body: str, unsubscribe_url: str | None = None) -> None:
    """One e-mail as plain text.

    Raises:
        NotConfigured: no mail server is set.
        Unavailable: the server did not take it.
    """
    server = settings().email_url
    if server is None:
        raise NotConfigured(
            "No mail server is set.", hint="Set COUNTERSIGN_EMAIL_URL, such as mailtos://user:pass@host."
        )
    url = server.get_secret_value()
    url += ("&" if "?" in url else "?") + f"to={quote(to, safe='@')}"
    if unsubscribe_url is not None:
        url += f"&%2BList-Unsubscribe={quote(f'<{unsubscribe_url}>', safe='')}"
    _notify(url, subject, body)


def send_chat(name: str, title: str, body: str) -> None:
    """One line in a room of the company's chat.

    Raises:
        Invalid: no room of that name is set.
        Unavailable: the chat did not take it.
    """
    rooms = settings().chat_urls
    if name not in rooms:
        raise Invalid("No chat room of this name is set.", hint="COUNTERSIGN_CHAT_URLS names the rooms.")
    _notify(rooms[name].get_secret_value(), title, body)


def _notify(url: str, title: str, body: str) -> None:
    import apprise  # knows a hundred services, and takes its time to be read

    asset = apprise.AppriseAsset(app_id=APP, app_desc=APP, async_mode=False, secure_logging=True)
    sender = apprise.Apprise(asset=asset)
    if not sender.add(url):
        raise NotConfigured("The address of the mail server or chat room cannot be read.", hint="See apprise's forms.")
    if not sender.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT):
        raise Unavailable("The message was not taken.")
