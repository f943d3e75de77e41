import re

from osquery_rows import command, first_row, host_name, osquery_context, rows_found, user_name

READERS = r"(?:cat|less|more|head|tail|cp|scp|rsync|curl|wget|base64|xxd|strings|tar|zip|vi|vim|nano|grep)"
FILES = r"(?:\.aws/credentials|\.config/gcloud/(?:application_default_credentials\.json|credentials\.db)|\.azure/msal_token_cache\S*)"
METADATA_HOSTS = r"(?:169\.254\.169\.254|\[?fd00:ec2::254\]?|metadata\.google\.internal)"
METADATA_PATHS = r"(?:security-credentials|service-accounts/\S+/token|identity/oauth2/token)"
CREDENTIAL_READS = re.compile(
    "|".join(
        (
            rf"\b{READERS}\b[^|;&]*{FILES}",
            rf"{METADATA_HOSTS}\S*{METADATA_PATHS}",
            r"\baws\s+configure\s+export-credentials\b",
        )
    )
)


def credentials_row(event):
    return first_row(rows_found(event), lambda row: CREDENTIAL_READS.search(command(row)) is not None)


def rule(event):
    return credentials_row(event) is not None


def title(event):
    row = credentials_row(event)
    return f"{user_name(event, row)} read cloud credentials on {host_name(event)}: {command(row)[:120]}"


def severity(event):
    return "HIGH" if "security-credentials" in command(credentials_row(event)) else "DEFAULT"


def dedup(event):
    return f"{host_name(event)} {user_name(event, credentials_row(event))}"


def alert_context(event):
    row = credentials_row(event)
    return osquery_context(event, row, command=command(row))
