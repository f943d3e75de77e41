"""Properties of domain names. Knows no log type."""

import math
from collections import Counter


def normal_form(name):
    """Lower case, without the root's dot."""
    return name.strip().rstrip(".").lower() if isinstance(name, str) else ""


def is_under(name, domains):
    """Whether the name is one of the domains or below one: www.example.org is under example.org, notexample.org is not."""
    labels = normal_form(name).split(".")
    return any(".".join(labels[start:]) in domains for start in range(len(labels)))


def parent_domain(name):
    """The last two labels: what most registrations own. Good enough to group by, not to decide ownership."""
    return ".".join(normal_form(name).split(".")[-2:])


def entropy(text):
    """Shannon entropy in bits per character: about 2 to 3 for words, over 3.5 for encoded data."""
    counts = Counter(text)
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())
