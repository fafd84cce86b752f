-- The instants that bound one local day of reads. A read carries its interval's END, so the day holds
-- (local midnight, next local midnight]; as a half-open range for PostgreSQL that is one microsecond later.
CREATE FUNCTION day_bounds(wanted_tz text, wanted_day date, OUT from_ts timestamptz, OUT to_ts timestamptz)
LANGUAGE sql STABLE
AS $$
    SELECT
        (wanted_day::timestamp AT TIME ZONE wanted_tz) + interval '1 microsecond',
        ((wanted_day + 1)::timestamp AT TIME ZONE wanted_tz) + interval '1 microsecond'
$$;
