"""Alerts -> destinations: who gets which alert, in what form, and what came of each attempt."""
