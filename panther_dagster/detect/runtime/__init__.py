"""The modules that rules import by name.

    panther_core                        event object and its types (core.py)
    panther_detection_helpers.caching   counters and sets that outlive an event (caching.py)
    <GlobalID>                          global helpers of the rule's own pack

No rule code enters `sys.modules` and `sys.path` stays as it is. Code of a pack runs with builtins of its own whose `__import__` looks
into the pack's modules first and then asks Python (modules.py): two packs may have helpers of one name, and a reload leaves nothing behind.
"""
