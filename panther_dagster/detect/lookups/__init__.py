"""Lookup tables: what is known of users, hosts and addresses -> `p_enrichment` of the events that rules see.

Read in this order: declaration.py (the YAML), rows.py (a source's rows as text), table.py (rows found by key), enrichment.py (events), and
history.py (versions of the rows in the lake).
"""
