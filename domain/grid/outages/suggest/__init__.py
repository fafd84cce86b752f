"""Suggest: advice on outages, each a run with its inputs and its hash, laid before people."""
