"""FireMode at the size of a hundred buildings: its two queries, its generation and its verdicts."""
