"""What people of the tenant decide: a refund, and that another tenant may deliver and sell a course. Nothing that runs
by itself leads here.
"""
