"""The one Definitions object: reads like a table of contents of what runs when."""

import dagster as dg

defs = dg.Definitions()
