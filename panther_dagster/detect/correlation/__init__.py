"""Correlation rules: signals of several rules on one value within a window -> one match.

Read in the order of the flow: rule.py (what one is), parsing.py (YAML -> rule), evaluation.py (signals -> matches), unit_tests.py,
values.py and correlating.py (over the lake).
"""
