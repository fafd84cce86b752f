"""Suggest: lay before a person what is to hold from then on."""
