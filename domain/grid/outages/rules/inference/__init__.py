"""Which devices opened, and how sure that is: from signals to outages with posteriors."""
