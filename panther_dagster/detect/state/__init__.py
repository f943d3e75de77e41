"""What rules remember between events. Rules reach it through `panther_detection_helpers.caching` (runtime/caching.py).

entries.py: entries and the changes that rules make. overlay.py: what rules see while a batch is detected; it changes no store.
history.py: what a store keeps of a key, by batch, so that a batch that runs again does not count twice. sqlite.py, dynamodb.py: the
stores. location.py: which one.
"""

from __future__ import annotations

from panther_dagster.detect.state.entries import Change, Entry, KeyValueStore, MemoryStore

__all__ = ["Change", "Entry", "KeyValueStore", "MemoryStore"]
