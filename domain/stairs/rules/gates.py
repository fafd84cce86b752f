"""The acts on what is to be tested and by what: templates, commissioned values, definitions, and the ruleset."""

from domain.kernel.gates import Gate
from domain.kernel.principal import Role

_SIGNERS = frozenset({Role.REVIEWER, Role.MANAGER, Role.ADMIN, Role.TENANT_OWNER})
TEMPLATES = Gate(
    kind="stairs.templates",
    title="Publication of test templates",
    room="stairs",
    roles=_SIGNERS,
    consequence="Sessions created from now on hold exactly these tests; sessions that exist keep their own.",
    meaning="I have seen what is added, retired and kept, with its warnings, and publish these tests.",
)
BASELINES = Gate(
    kind="stairs.baselines",
    title="Commissioned values",
    room="stairs",
    roles=_SIGNERS,
    consequence="Deviations are told against these values from now on; what they replace is kept. No limit changes.",
    meaning="I have held these values against the commissioning record and take them as the baseline.",
)
DEFINITIONS = Gate(
    kind="stairs.definitions",
    title="Scenarios and interface definitions",
    room="stairs",
    roles=_SIGNERS,
    consequence="Cause-and-effect and interface tests are generated from these; earlier versions rest.",
    meaning="I have held these sequences and interfaces against the design and take them as what must happen.",
    is_partial=True,
)
RULESET = Gate(
    kind="stairs.ruleset",
    title="Limits, schedule and classes",
    room="stairs",
    roles=_SIGNERS,
    consequence="From their dates on tests are planned, judged and classed by these rows; earlier ones stay as is.",
    meaning="I am competent to set these limits, have seen where each row comes from, and put them in force.",
    reads_as={"dimension": "what is chosen", "selector": "which", "pressurization_active": "fans on"},
)
