"""A script's form and the modals around it, and what stands in them when they come back."""

__all__ = [
    "confirmation",
    "elements",
    "fields",
    "form",
    "form_metadata",
    "form_state",
    "greeting",
    "normalized",
    "picks",
    "prefill",
    "script_choice",
    "script_summary",
    "submitted",
    "upload_fields",
    "upload_progress",
    "waiting",
]
