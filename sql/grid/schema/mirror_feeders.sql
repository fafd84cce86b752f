-- Copy a utility's feeders into our registry. Grain: feeder. feeder_rows: feeder_id, code, name, tech_loss_pct.
-- Writes only what differs, so that nothing moves when nothing changed. Reader: store/mirror.py.
INSERT INTO feeders AS own (tenant_id, feeder_id, code, name, tech_loss_pct, topology_version_id)
SELECT
    {tenant},
    theirs.feeder_id,
    theirs.code,
    theirs.name,
    theirs.tech_loss_pct,
    {version}
FROM ({feeder_rows}) AS theirs
ON CONFLICT (tenant_id, feeder_id) DO UPDATE SET
    code = excluded.code,
    name = excluded.name,
    tech_loss_pct = excluded.tech_loss_pct,
    topology_version_id = excluded.topology_version_id
WHERE (own.code, own.name, own.tech_loss_pct) IS DISTINCT FROM (excluded.code, excluded.name, excluded.tech_loss_pct)
