"""Normalized rows -> signals, by Python rules in panther-analysis format.

Read in this order: pack.py (folders -> rules), rule.py (one rule, one event), runner.py (a record batch), prefilter/ (which rules a row
is for), detection.py (a unit of work in the lake), unit_tests.py (the tests in a rule's YAML), runtime/ (the modules that rules import).
"""
