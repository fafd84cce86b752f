"""Makers of test data: small, valid, and only what a test does not care about is filled in."""

from domain.kernel.tenancy import create_tenant


def make_tenant(tenant_id: str = "T", timezone: str = "America/New_York", *, is_demo: bool = True) -> str:
    """A demo tenant in US Eastern time."""
    create_tenant(tenant_id, f"Utility {tenant_id}", timezone, is_demo=is_demo)
    return tenant_id
