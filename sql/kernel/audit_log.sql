-- Meaning: the ledger under the names that the course platform gives its audit log.
-- Grain: one row an event.
-- Units: instants in UTC.
-- Reader: the course platform's screens and reports.
CREATE OR REPLACE VIEW audit_log WITH (security_invoker = true) AS
SELECT
  e.event_id AS id,
  e.tenant_id,
  e.actor_id,
  e.actor_role,
  e.event_type AS action,
  e.entity_type,
  e.entity_id,
  e.payload ->> 'reason' AS rationale,
  e.payload AS metadata,
  e.request_id,
  e.status,
  e.occurred_at AS created_at
FROM events AS e;
