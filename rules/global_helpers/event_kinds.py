"""One word for the same deed in different sources: the values that data models give to udm("event_kind")."""

SIGN_IN_FAILED = "sign_in_failed"
SIGN_IN_SUCCEEDED = "sign_in_succeeded"
ADMIN_ROLE_ASSIGNED = "admin_role_assigned"
MFA_REMOVED = "mfa_removed"
CREDENTIAL_CREATED = "credential_created"
