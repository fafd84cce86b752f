"""Reports of every room: blocks that say what stands in them, one layout as PDF, brand, editions and their files."""
