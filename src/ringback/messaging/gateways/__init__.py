"""Gateways: the services that carry texts to and from mobile networks, behind one port."""
