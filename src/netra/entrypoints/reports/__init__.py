"""Renders answers for people: terminal reports, HTML pages and plots."""
