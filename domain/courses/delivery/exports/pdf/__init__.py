"""The course as a PDF that is printed or read offline."""
