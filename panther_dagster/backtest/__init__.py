"""What rules would have found: rows of the lake -> matches -> alerts, for one version of a pack or two, without writing anything.

Stands above detect and alerts, which do not know each other: in the flow they meet in the tables, and a backtest writes no tables.
"""
