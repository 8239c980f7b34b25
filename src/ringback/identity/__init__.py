"""People: who they are, in which organization they may do what, and how they sign in.

Unlike everything else a person belongs to no organization: memberships say in which ones somebody is at home.
"""
