"""Text messages: conversations that drive the Scheduler services, flows that people edit, and gateways that carry them.

The core is pure: ``texts`` (what fits into a message), ``words`` and ``times`` (what a customer means), ``flow`` (what
a conversation is made of), ``engine`` (one turn of it). ``service`` and ``store`` join it to the rest of Ringback.
"""
