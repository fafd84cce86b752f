"""What a course is made of: the shapes that are hashed, signed and published. Pure, without database, clock or files.

People and times are not in here: they stand in the rows and in the approvals, so that the same content always has the
same hash.
"""
