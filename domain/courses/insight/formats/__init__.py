"""Files of study mode: what the columns of enrolments, events and lessons mean, as facts, and what is refused."""
