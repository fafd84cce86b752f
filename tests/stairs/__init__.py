"""Tests of FireMode."""
