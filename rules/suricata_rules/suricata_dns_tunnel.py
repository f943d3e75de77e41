from domain_names import entropy, is_under, normal_form, parent_domain
from eve_records import eve_context, queried_names

# Services that put encoded data into names by design.
KNOWN = frozenset(
    {"arpa", "local", "amazonaws.com", "cloudfront.net", "akamaiedge.net", "akadns.net", "sophosxl.net", "mcafee.com", "spamhaus.org"}
)
MIN_NAME_LENGTH = 50
MIN_PART_LENGTH = 25
MIN_ENTROPY = 3.5


def is_tunnel_like(name):
    name = normal_form(name)
    if len(name) < MIN_NAME_LENGTH or is_under(name, KNOWN):
        return False
    # Words joined by hyphens make long labels too; encoded data has no such joints.
    parts = [part for label in name.split(".")[:-2] for part in label.split("-")]
    longest = max(parts, key=len, default="")
    return len(longest) >= MIN_PART_LENGTH and entropy(longest) >= MIN_ENTROPY


def tunnel_name(event):
    return next((name for name in queried_names(event) if is_tunnel_like(name)), None)


def rule(event):
    return tunnel_name(event) is not None


def title(event):
    return f"{event.get('src_ip')} asks for many random names below {parent_domain(tunnel_name(event))}"


def dedup(event):
    return f"{event.get('src_ip')} {parent_domain(tunnel_name(event))}"


def unique(event):
    return normal_form(tunnel_name(event))


def alert_context(event):
    return eve_context(event, domain=parent_domain(tunnel_name(event)), first_name=tunnel_name(event))
