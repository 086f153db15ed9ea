"""A script's form and the modals around it, and what stands in them when they come back."""

__all__ = [
    "advanced",
    "circumstances",
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
    "sources",
    "submitted",
    "upload_fields",
    "upload_progress",
    "waiting",
]
