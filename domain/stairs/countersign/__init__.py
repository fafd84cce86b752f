"""Countersign: what a person's signature makes of a proposal. The only writers of effect."""
