"""The technical loss of a feeder: how much is lost at mean load, and how it splits into iron and copper.

Model (grid.md 2.3): energy sent out in an interval of dt hours is `D = C + P0*dt + k*C^2/dt`, C being what the meters
take. At the feeder's mean load P (kW) the loss is `L = P * lambda / (1 - lambda)`, lambda being `tech_loss_pct / 100`
of what is sent out; 30 % of it is no-load loss, so `P0 = 0.3 * L` (kW) and `k = 0.7 * L / P^2` (1/kW).
"""

NOLOAD_SHARE = 0.30
LOSS_PCT_MIN, LOSS_PCT_MAX = 3.0, 7.0
HALF_WAY_KM = 8.0


def tech_loss_pct(moment_kw_km: float, load_kw: float) -> float:
    """Percent lost at mean load, from the load's mean distance to the head: 3 % at the head, 5 % at 8 km, below 7 %.

    `moment_kw_km` is the sum over meters of mean load times distance; copper loss grows with it.
    """
    if load_kw <= 0:
        return LOSS_PCT_MIN
    distance_km = moment_kw_km / load_kw
    return LOSS_PCT_MIN + (LOSS_PCT_MAX - LOSS_PCT_MIN) * distance_km / (distance_km + HALF_WAY_KM)


def loss_model(loss_pct: float, mean_load_kw: float) -> tuple[float, float]:
    """P0 in kW and k in 1/kW of the loss model, from the loss at mean load."""
    if mean_load_kw <= 0:
        return 0.0, 0.0
    share = loss_pct / 100.0
    loss_kw = mean_load_kw * share / (1.0 - share)
    return NOLOAD_SHARE * loss_kw, (1.0 - NOLOAD_SHARE) * loss_kw / mean_load_kw**2
