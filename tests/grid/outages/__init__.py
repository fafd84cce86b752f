"""Outages: inference, promotion, options, crews, replay."""
