"""An outage as it stands, in the form of its replay, for people who work on it; nothing of it is kept.

The same rows and the same rules as the replay: what the page of an open outage shows is what its report will say.
"""

from sqlalchemy import Connection

from domain.grid.outages.rules.replay import summarise
from domain.grid.outages.rules.summary import ReplaySummary
from domain.grid.outages.store.outages import Outage
from domain.grid.outages.suggest.replay import end_of_story, question_of
from domain.kernel.canonical import derived_id


def so_far(connection: Connection, tenant_id: str, outage: Outage) -> ReplaySummary:
    """What could be told of the outage now: as of the newest thing that is known of it, without a clock.

    Raises:
        NotFound: no network was imported.
    """
    question, told = question_of(connection, tenant_id, outage, end_of_story(connection, outage))
    return summarise(told(str(derived_id("grid.replay", tenant_id, str(question.run_id))), question.input_hash))
