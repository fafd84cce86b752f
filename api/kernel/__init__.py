"""Routes and pages of the kernel: health, access, tenants."""
