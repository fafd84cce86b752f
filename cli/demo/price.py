"""What a kilowatt-hour is worth to the demo's tenant, as its administrator states it: money is told by nothing else."""

from cli.demo.countersign import person_of

ADMINISTRATOR = "admin@demo.example"
# No tariff is quoted: the page shows the source beside every sum, and this is the true one.
PRICE = {"per_kwh": 0.15, "currency": "USD", "source": "Assumed for the demo; no utility's tariff"}
HERE = "/v1/admin/tenants/current"


def state(base_url: str, tenant_id: str) -> None:
    """State it, unless one is stated."""
    administrator, _ = person_of(base_url, tenant_id, ADMINISTRATOR, "Demo Admin", "ADMIN")
    with administrator:
        if administrator.get(HERE)["energy_price"] is None:
            administrator.patch(HERE, {"energy_price": PRICE})
