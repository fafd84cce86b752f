"""Files of real reads: what each format's bytes mean, as columns, and which rows cannot be taken and why.

One module a format. Nothing here knows a database or whether a meter exists.
"""
