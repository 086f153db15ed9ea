"""Jobs and the queue, as messages and on the Home tab."""

__all__ = [
    "home",
    "job_details",
    "job_list",
    "job_log",
    "list_filters",
    "preferences",
    "queue",
    "send_results",
    "sharing",
]
