"""Measurements that are printed side by side; nothing of the product imports from here."""
