-- Meaning: people as the bound tenant knows them; `active` is whether the person may come in here now.
-- Grain: one row a person.
-- Units: instants in UTC.
-- Reader: sign-in, the list of people, the search for who may sign.
CREATE OR REPLACE VIEW v_people WITH (security_invoker = true) AS
SELECT
  u.id,
  u.email,
  u.name,
  u.licence_number,
  u.created_at,
  u.active AND NOT EXISTS (
    SELECT 1 FROM suspensions AS s
    WHERE s.user_id = u.id AND s.tenant_id = nullif(current_setting('app.tenant', true), '')
  ) AS active
FROM users AS u;
