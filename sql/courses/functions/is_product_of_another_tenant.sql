-- Meaning: whether a product is some other tenant's, so that buying it is refused as what it is. Nothing else is told.
-- Grain: one product.
-- Reader: the store, where the bound tenant has no such product.
CREATE FUNCTION is_product_of_another_tenant(product uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
  SELECT EXISTS (
    SELECT 1 FROM products AS p
    WHERE p.product_id = product AND p.tenant_id <> NULLIF(current_setting('app.tenant', true), '')
  )
$$;
