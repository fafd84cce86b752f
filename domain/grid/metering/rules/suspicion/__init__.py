"""Suspicion of unrecorded consumption: features of meters, a score that is explained point by point, a ranking."""
