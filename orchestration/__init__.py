"""When things run. The only place that imports Dagster."""
