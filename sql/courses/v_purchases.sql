-- Meaning: purchases with the course that was bought and what was given back of it.
-- Grain: one row a purchase.
-- Units: amounts in the smallest unit of their currency; instants in UTC.
-- Reader: access checks, the store's pages, the metrics of courses, auditors.
CREATE OR REPLACE VIEW v_purchases WITH (security_invoker) AS
SELECT
  p.tenant_id,
  p.purchase_id,
  p.user_id,
  p.product_id,
  s.course_tenant_id,
  s.course_id,
  p.ordinal,
  p.price_cents,
  p.currency,
  p.status,
  p.created_at,
  r.amount_cents AS refunded_cents,
  r.reason AS refund_reason,
  r.at AS refunded_at
FROM purchases AS p
INNER JOIN products AS s ON p.tenant_id = s.tenant_id AND p.product_id = s.product_id
LEFT JOIN refunds AS r ON p.tenant_id = r.tenant_id AND p.purchase_id = r.purchase_id;
