"""Tests of the course platform."""
