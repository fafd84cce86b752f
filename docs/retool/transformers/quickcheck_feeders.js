// One row a feeder for a table, the highest loss first. A figure that is not given stays empty; it is not zero.
return (data.feeders_now ?? []).map((feeder) => ({
  feeder: feeder.feeder_id,
  "loss now, %": feeder.loss_pct,
  "last interval, %": feeder.loss_pct_last_interval,
  "technical, %": feeder.technical_loss_pct,
  "coverage, %": feeder.coverage_pct,
  status: feeder.loss_status,
  "as of": data.asOf,
}));
