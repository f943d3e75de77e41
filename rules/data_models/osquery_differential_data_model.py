from osquery_rows import host_name, user_name


def actor_user(event):
    return user_name(event, event.get("columns") or {})


def host(event):
    return host_name(event)
