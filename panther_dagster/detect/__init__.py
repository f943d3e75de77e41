"""Normalized rows -> signals, by Python rules in panther-analysis format.

Read in this order: pack.py (folders -> rules), rule.py (one rule, one event), runner.py (a record batch), prefilter/ (which rules a row
is for), limits.py (the same under a budget, in another process: watched_worker.py, worker.py), detection.py (a unit of work in the lake),
scheduled.py (queries and their rules), correlation/ (rules over signals), lookups/ (what tables say of events), unit_test_run.py (the tests
in YAML), runtime/ (the modules that rules import).
"""
