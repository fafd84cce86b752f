"""The report as DOCX: styles that a utility can restyle, fields for pages, fonts within, the same bytes always."""
