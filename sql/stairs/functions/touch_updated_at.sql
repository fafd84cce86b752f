-- Meaning: every update of a row says when it happened.
-- Grain:   one row.
-- Units:   instant of the transaction.
-- Reader:  triggers `touch_updated_at`.
CREATE FUNCTION stairs_touch_updated_at() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
  new.updated_at := now();
  RETURN new;
END $$;
