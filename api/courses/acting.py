"""One request of a person that both lays before and signs: parts decided on, versions published, restored, retired."""

from uuid import UUID

from api.kernel.acting import Acting
from domain.courses.authoring.rules.gates import OF_KIND
from domain.courses.authoring.store import items, packages
from domain.courses.authoring.store.items import Item
from domain.courses.authoring.store.packages import Published
from domain.courses.authoring.store.proposals import newest_for
from domain.courses.authoring.suggest.drafts import lay
from domain.courses.authoring.suggest.packages import lay_publication, lay_restoration, lay_retirement
from domain.kernel.countersign.decide import Answer, why_not
from domain.kernel.errors import Conflict, CountersignError, Forbidden
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Decision


def approve_part(act: Acting, item: Item, revision: int, content_hash: str, note: str | None) -> tuple[Item, Answer]:
    """Countersign the revision that was read.

    Raises:
        Forbidden: SELF_APPROVAL, the author of a revision may not approve it; ROLE_REQUIRED.
        Conflict: REVISION_OUTDATED, HASH_MISMATCH, UNCHANGED, ALREADY_DECIDED, and what the effect refuses.
    """
    proposal = _proposal_of(act, item)
    refusal = why_not(act.connection, act.caller, OF_KIND[item.kind], proposal)
    if refusal is not None:
        raise _in_our_words(refusal)
    _check_revision(item, revision)
    answer = _decided(act, proposal, Decision.APPROVED, content_hash, note)
    return items.load_item(act.connection, item.item_id), answer


def reject_part(
    act: Acting, item: Item, reason: str, revision: int | None = None, content_hash: str | None = None
) -> tuple[Item, Answer]:
    """Refuse the newest revision, with the reason.

    Raises:
        Forbidden: ROLE_REQUIRED.
        Conflict: REVISION_OUTDATED, HASH_MISMATCH, UNCHANGED, ALREADY_DECIDED.
    """
    proposal = _proposal_of(act, item)
    if revision is not None:
        _check_revision(item, revision)
    answer = _decided(act, proposal, Decision.REFUSED, content_hash, reason)
    return items.load_item(act.connection, item.item_id), answer


def publish(act: Acting, syllabus_id: str, content_hash: str, note: str | None) -> tuple[Published, bool]:
    """Publish what was previewed; answers the version, and whether this call made it.

    Raises:
        NotFound: no such course.
        Forbidden: ROLE_REQUIRED.
        Conflict: SYLLABUS_NOT_APPROVED, MISSING_APPROVED_CONTENT, HASH_MISMATCH, ALREADY_PUBLISHED_AS.
    """
    laid = lay_publication(act.connection, act.caller, syllabus_id, content_hash)
    if isinstance(laid, Published):
        return laid, False
    answer = _decided(act, laid, Decision.APPROVED, content_hash, note)
    return _newest(act, syllabus_id), answer.is_new


def restore(act: Acting, syllabus_id: str, version: int, reason: str | None) -> Published:
    """Put the content of an earlier version in force as the newest one.

    Raises:
        NotFound: no such version.
        Forbidden: ROLE_REQUIRED.
        Conflict: ALREADY_LATEST.
    """
    proposal = lay_restoration(act.connection, act.caller, syllabus_id, version)
    _decided(act, proposal, Decision.APPROVED, proposal.content_hash, reason)
    return _newest(act, syllabus_id)


def retire(act: Acting, package_id: UUID, reason: str) -> Published:
    """Take a version out of the catalogue; who is enrolled keeps it.

    Raises:
        NotFound: no such package.
        Forbidden: ROLE_REQUIRED.
        Conflict: ALREADY_RETIRED.
    """
    package = packages.load_package(act.connection, package_id)
    proposal = lay_retirement(act.connection, act.caller, package)
    _decided(act, proposal, Decision.APPROVED, proposal.content_hash, reason)
    return packages.load_package(act.connection, package_id)


def _proposal_of(act: Acting, item: Item) -> Proposal:
    """What stands before reviewers for the newest revision; laid again where it has waited too long."""
    found = newest_for(act.connection, OF_KIND[item.kind], item.subject, item.content_hash)
    if item.status == "DRAFT" and (found is None or found.state in {"EXPIRED", "APPROVED", "REFUSED"}):
        found = lay(act.connection, item)
    if found is None:
        raise Conflict(
            f"Revision {item.revision} of {item.item_id} says what is approved already; nothing was signed.",
            hint="Edit the draft; what changes is what is signed.",
            code="UNCHANGED",
        )
    return found


def _check_revision(item: Item, revision: int) -> None:
    if revision != item.revision:
        raise Conflict(
            f"Revision {item.revision} is the newest, you named {revision}; nothing was signed.",
            hint="Read the newest revision and decide on that.",
            code="REVISION_OUTDATED",
        )


def _decided(
    act: Acting, proposal: Proposal, decision: Decision, content_hash: str | None, reason: str | None
) -> Answer:
    try:
        return act.decide(proposal.proposal_id, decision, reason=reason, content_hash=content_hash)
    except Forbidden as refusal:
        raise _in_our_words(refusal) from refusal


def _in_our_words(refusal: CountersignError) -> CountersignError:
    if refusal.code != "FOUR_EYES":
        return refusal
    return Forbidden(
        "You wrote this or had a hand in it; another person approves it.",
        hint="Ask a colleague with the role REVIEWER or ADMIN.",
        code="SELF_APPROVAL",
    )


def _newest(act: Acting, syllabus_id: str) -> Published:
    return packages.versions_of(act.connection, syllabus_id)[0]
