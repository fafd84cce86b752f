"""Charts of metering: rows in, a chart out. Pure; the kernel's renderer makes SVG or PNG of them."""
