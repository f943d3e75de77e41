"""Signals -> alerts: which matches belong together, what happened to each alert, and views over both."""
