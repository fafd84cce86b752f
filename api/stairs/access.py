"""Who may enter what a building has, and who may lay changes of it before a person."""

from api.deps import allow

READS = {"TECHNICIAN", "REVIEWER", "MANAGER", "OWNER", "AUDITOR", "ADMIN", "TENANT_OWNER"}
LOOKS = allow(roles=READS, scopes={"stairs:read"})
# The registry says what stands in a building: people of the tenant enter it.
ENTERS = allow(roles={"MANAGER", "ADMIN", "TENANT_OWNER"})
# What is laid before a person takes no effect by itself; a service may lay it down too.
PROPOSES = allow(roles={"REVIEWER", "MANAGER", "ADMIN", "TENANT_OWNER"}, scopes={"stairs:write"})
# Limits are proposed by people.
SETS_LIMITS = allow(roles={"REVIEWER", "MANAGER", "ADMIN", "TENANT_OWNER"})
