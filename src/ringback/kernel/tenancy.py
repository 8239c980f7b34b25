"""The kinds of identifier, each a type of its own so that one cannot stand in for another.

A function that touches an organization's data takes its :data:`OrgId` first. Only authenticators make one: the
access check of a request, the look-up of a public widget or page, and the command line.
"""

from typing import NewType

OrgId = NewType("OrgId", str)
PolicyId = NewType("PolicyId", str)
TokenId = NewType("TokenId", str)
UserDataSetId = NewType("UserDataSetId", str)
TemplateId = NewType("TemplateId", str)
CallTargetId = NewType("CallTargetId", str)
WidgetId = NewType("WidgetId", str)
CallbackId = NewType("CallbackId", str)
AttemptId = NewType("AttemptId", str)
