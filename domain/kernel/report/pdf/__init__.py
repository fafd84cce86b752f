"""The report as PDF: laid out by reportlab, tagged for screen readers, fonts embedded, the same bytes always."""
