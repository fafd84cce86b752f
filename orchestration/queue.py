"""What goes first where more runs wait than may run at once.

A backfill of a month queues its days all together. What somebody waits for (reads of the hour, a file in the inbox,
what was countersigned, advice on an outage) would stand behind all of them.
"""

# Dagster starts waiting runs by this tag, the highest first; a run without it, such as a backfill's, has 0.
FIRST = {"dagster/priority": "1"}
