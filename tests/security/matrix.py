"""Who may use which route, read off the application: the table in docs/security-roles.md.

`python -m tests.security.matrix > docs/security-roles.md` writes it anew; whoever does so looks at what has changed.
"""

from dataclasses import dataclass

from fastapi import FastAPI

from api.app import create_app
from api.doors import Door, doors_of
from domain.kernel.principal import EVERY_ROLE, Role

ORDER = tuple(Role)
READS = frozenset({"GET", "HEAD"})
SHORT = {
    Role.LEARNER: "LEA",
    Role.TECHNICIAN: "TEC",
    Role.AUTHOR: "AUT",
    Role.OPERATOR: "OPE",
    Role.REVIEWER: "REV",
    Role.ADMIN: "ADM",
    Role.TENANT_OWNER: "TEN",
    Role.MANAGER: "MAN",
    Role.OWNER: "OWN",
    Role.AUDITOR: "AUD",
    Role.RELEASE_APPROVER: "REL",
    Role.PLATFORM_ADMIN: "PLA",
}
HEAD = """# Who may use which route

Read off the application by `python -m tests.security.matrix`; a test holds this page and the application together, and
another asks every route as every role, as a service and as nobody.

● may; empty may not (403), and nobody known is 401 everywhere but where the last column says "anyone". A role opens a
door; what lies behind is the tenant's own, by row-level security, and often the caller's own (404). Doors
to acts of signing stand open to everybody but learners, since any of them may have been lent authority by a delegation
that a person countersigned: behind the door the gate of the act's kind judges the role and refuses with 403.
A service has scopes and never a role; where the column is empty it is refused.

{names}
"""


@dataclass(frozen=True)
class Line:
    """One route with one verb."""

    verb: str
    template: str
    roles: frozenset[Role]
    scopes: frozenset[str]
    is_open: bool
    is_known_to_all: bool

    @property
    def room(self) -> str:
        """Under which heading it stands."""
        parts = [part for part in self.template.split("/") if part]
        return "/".join(parts[:2]) if parts and parts[0] in {"v1", "api", "admin"} else (parts or ["/"])[0]


def lines_of(application: FastAPI) -> list[Line]:
    """Every route and verb, in order of addresses."""
    found = [_line(door, verb) for door in doors_of(application) for verb in sorted(door.methods - {"HEAD"})]
    return sorted(set(found), key=lambda line: (line.room, line.template, line.verb))


def _line(door: Door, verb: str) -> Line:
    roles, scopes = EVERY_ROLE, frozenset[str]()
    for allowed in door.allowed:
        roles, scopes = roles & allowed.roles, scopes | allowed.scopes
    if any(not allowed.scopes for allowed in door.allowed):
        scopes = frozenset()
    return Line(
        verb,
        door.template,
        roles if door.allowed else frozenset(),
        scopes,
        door.open_to_anyone,
        not door.allowed and not door.open_to_anyone,
    )


def page(application: FastAPI) -> str:
    """The table as Markdown."""
    names = ", ".join(f"{SHORT[role]} {role.value}" for role in ORDER) + "."
    told = [HEAD.format(names=names)]
    room = None
    for line in lines_of(application):
        if line.room != room:
            room = line.room
            told.append(f"\n## {room}\n\n| | {' | '.join(SHORT[role] for role in ORDER)} | service, anyone |")
            told.append("|---|" + ":-:|" * len(ORDER) + "---|")
        marks = "|".join("●" if role in line.roles else " " for role in ORDER)
        others = ", ".join(sorted(line.scopes)) or ("anyone" if line.is_open or line.is_known_to_all else "")
        told.append(f"| `{line.verb} {line.template}` |{marks}| {others} |")
    return "\n".join(told) + "\n"


if __name__ == "__main__":
    print(page(create_app()), end="")  # noqa: T201
