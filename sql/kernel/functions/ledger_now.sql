-- Meaning: the instant that an event is recorded at: now, and never within what a seal of its tenant already covers.
--   Where the server's clock goes back, events would say that they are older than a seal that does not hold them, and
--   look like rows that somebody slipped in behind it. They bear the seal's end until the clock has caught up.
-- Grain: the session's tenant.
-- Units: an instant.
-- Reader: the default of events.recorded_at.
CREATE FUNCTION ledger_now() RETURNS timestamptz
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
SELECT greatest(clock_timestamp(), (
    SELECT s.complete_through + INTERVAL '1 microsecond'
    FROM seals AS s
    WHERE s.tenant_id = nullif(current_setting('app.tenant', TRUE), '')
    ORDER BY s.seal_number DESC
    LIMIT 1
))
$$;
