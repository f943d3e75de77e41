"""Which rules can say anything but False of an event: found from the rules' code, over a few fields, without running it.

Read in this order: values.py (what is known of a value before there is an event), conditions.py (a rule's code -> a decision tree of
conditions; its statements, with expressions.py and calls.py for the rest), code.py, names.py and purity.py (what code may be trusted),
fields.py and, for most events, records.py (raw rows -> keys of single fields), index.py (all trees of a log type -> one machine),
prefilter.py (the candidates of a batch).

The law: what is not proven to return exactly False, without raising and without any effect, is a candidate and really runs.
"""
