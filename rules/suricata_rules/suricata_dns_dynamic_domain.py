from domain_names import is_under, normal_form
from eve_records import eve_context, queried_names

SERVICES = frozenset(
    {
        "chickenkiller.com",
        "ddns.net",
        "duckdns.org",
        "dynu.net",
        "hopto.org",
        "loca.lt",
        "mooo.com",
        "ngrok.app",
        "ngrok.io",
        "ngrok-free.app",
        "no-ip.org",
        "portmap.io",
        "servebeer.com",
        "serveo.net",
        "sytes.net",
        "trycloudflare.com",
        "zapto.org",
    }
)
ALLOWED = frozenset()


def dynamic_name(event):
    return next((name for name in queried_names(event) if is_under(name, SERVICES) and not is_under(name, ALLOWED)), None)


def rule(event):
    return dynamic_name(event) is not None


def title(event):
    return f"{event.get('src_ip')} asked for {normal_form(dynamic_name(event))}, a name of a dynamic DNS or tunnel service"


def dedup(event):
    return f"{event.get('src_ip')} {normal_form(dynamic_name(event))}"


def alert_context(event):
    return eve_context(event, name=normal_form(dynamic_name(event)))
