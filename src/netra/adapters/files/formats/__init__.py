"""Formats of vendors, gateways and coding agents: one module each, and the table of all of them."""
