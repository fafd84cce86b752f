-- Meaning: what each table is for, as psql and the data dictionary show it.
-- Grain: one statement a table. Units: none.
-- Reader: analysts, docs/data-dictionary.md.
COMMENT ON TABLE content_items IS
    'A part of a course: syllabus, lesson, quiz or project. Grain: one row a part. Units: instants UTC.';
COMMENT ON TABLE content_revisions IS
    'Each revision of a part. Grain: one row a part and revision. Units: hashes are SHA-256, instants UTC.';
COMMENT ON TABLE content_decisions IS
    'Whether a revision was approved, by whom. Grain: one row a decided revision. Units: instants UTC.';
COMMENT ON TABLE generation_jobs IS 'Drafting that was asked for. Grain: one row a job. Units: instants UTC.';
COMMENT ON TABLE generation_answers IS 'What an author answered, word for word. Grain: one row a job and answer.';
COMMENT ON TABLE course_packages IS
    'Published versions of courses. Grain: one row a version. Units: size_bytes, minutes as planned, instants UTC.';
COMMENT ON TABLE course_package_retirements IS
    'Versions that are no longer offered. Grain: one row a retired version. Units: instants UTC.';
COMMENT ON TABLE course_licences IS
    'Which tenant may offer another''s course, countersigned. Grain: one row a licence, or the end of one. Units: '
    'instants UTC.';
COMMENT ON TABLE course_exports IS
    'Exports of learners, for their limit. Grain: one row an export. Units: instants UTC.';
COMMENT ON TABLE course_view_days IS
    'Views of a course, for the start of a funnel. Grain: one row a user, course version and day. Units: views is a '
    'count.';
COMMENT ON TABLE products IS
    'What a course costs in a tenant''s store. Grain: one row a product. Units: price_cents in hundredths of the '
    'currency.';
COMMENT ON TABLE purchases IS
    'What was bought, at the price of that moment. Grain: one row a purchase. Units: price_cents in hundredths of '
    'the currency.';
COMMENT ON TABLE refunds IS
    'What was given back. Grain: one row a refunded purchase. Units: amount_cents in hundredths of the currency.';
COMMENT ON TABLE enrollments IS
    'Who learns which version. Grain: one row a learner and course version. Units: instants UTC.';
COMMENT ON TABLE enrollment_upgrades IS
    'Moves of a learner to a newer version. Grain: one row a move. Units: counts of lessons kept and dropped.';
COMMENT ON TABLE enrollment_revocations IS
    'Access that was taken away. Grain: one row a revocation. Units: instants UTC.';
COMMENT ON TABLE enrollment_reinstatements IS
    'Access that a later purchase gave back. Grain: one row a reinstated revocation. Units: instants UTC.';
COMMENT ON TABLE lesson_progress IS
    'What a learner has completed. Grain: one row an enrolment and lesson. Units: instants UTC.';
COMMENT ON TABLE quiz_attempts IS 'Graded attempts. Grain: one row an attempt. Units: score_pct 0 to 100.';
COMMENT ON TABLE analytics_events IS
    'Learners'' events as they came; partitioned by day. Grain: one row an event. Units: instants UTC.';
COMMENT ON TABLE analytics_event_keys IS
    'Ids of events that were taken in, so that none counts twice. Grain: one row an event.';
COMMENT ON TABLE analytics_seals IS
    'Days of events that are closed. Grain: one row a tenant and day. Units: instants UTC.';
COMMENT ON TABLE analytics_daily_aggregates IS
    'Figures of a day: of a lesson, or of the course where lesson_idx is NULL. Grain: one row a course version, '
    'lesson and day. Units: seconds, counts.';
COMMENT ON TABLE analytics_job_runs IS
    'Nightly runs of the aggregates and signals. Grain: one row a run. Units: duration_ms in ms.';
COMMENT ON TABLE learner_activity IS
    'When a learner was last seen in a course version. Grain: one row a learner and course version. Units: instants '
    'UTC.';
COMMENT ON TABLE learner_lesson_days IS
    'Seconds that count of a learner in a lesson on a day. Grain: one row a learner, lesson and day. Units: '
    'seconds.';
COMMENT ON TABLE learner_lesson_state IS
    'First view, completion and time of a learner in a lesson. Grain: one row a learner and lesson. Units: '
    'seconds_total in s.';
COMMENT ON TABLE regeneration_jobs IS
    'Making anew what a suggestion was about, from its instruction. Grain: one row a job. Units: instants UTC.';
COMMENT ON TABLE regeneration_job_triggers IS
    'Who has triggered a job, countersigned. Grain: one row a triggered job. Units: instants UTC.';
COMMENT ON TABLE regeneration_job_leases IS
    'Which worker has a job in hand. Grain: one row a job in hand. Units: instants UTC.';
COMMENT ON TABLE regeneration_outputs IS 'What a job made: a draft. Grain: one row an output. Units: instants UTC.';
COMMENT ON TABLE regeneration_output_adoptions IS
    'Which output became a revision, countersigned. Grain: one row an adopted output. Units: instants UTC.';
COMMENT ON TABLE retry_intents IS
    'A wish to make something anew, with why. Grain: one row an intent. Units: instants UTC.';
COMMENT ON TABLE retry_intent_executions IS
    'Intents that were carried out, countersigned. Grain: one row an executed intent. Units: instants UTC.';
COMMENT ON TABLE retry_intent_rejections IS
    'Intents that were turned down. Grain: one row a rejected intent. Units: instants UTC.';
