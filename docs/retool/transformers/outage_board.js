// One row an outage, the newest first, with the minutes since it began or that it lasted.
const now = Date.now();
return (data.rows ?? []).map((outage) => ({
  outage_id: outage.outage_id,
  feeder: outage.feeder_id,
  device: outage.device_id,
  status: outage.status,
  "customers out, at most": outage.customers_out_peak,
  "began": outage.started_at,
  minutes: Math.round((Date.parse(outage.restored_at ?? new Date(now).toISOString()) - Date.parse(outage.started_at)) / 60000),
  "expected back": outage.etr_current,
}));
