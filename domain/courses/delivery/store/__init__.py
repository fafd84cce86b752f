"""Delivery as rows: published versions, enrolments, progress, attempts, products, purchases, exports, licences."""
