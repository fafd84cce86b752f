"""FireMode: stair-pressurisation testing that an auditor can replay."""
