-- The instants that bound one local day of reads. A read carries its interval's END, so the day holds
-- (local midnight, next local midnight]; as a half-open range for PostgreSQL that is one microsecond later.
-- RETURNS TABLE, so that PostgreSQL inlines it into the views that call it once a feeder and day.
CREATE FUNCTION day_bounds(wanted_tz text, wanted_day date) RETURNS TABLE (from_ts timestamptz, to_ts timestamptz)
LANGUAGE sql STABLE ROWS 1
AS $$
    SELECT
        (wanted_day::timestamp AT TIME ZONE wanted_tz) + interval '1 microsecond',
        ((wanted_day + 1)::timestamp AT TIME ZONE wanted_tz) + interval '1 microsecond'
$$;
