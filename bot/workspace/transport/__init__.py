"""How payloads reach the app: Socket Mode or HTTP, with the faults that a network has."""

__all__ = ["deliveries", "faults", "http_mode", "journal", "link", "payloads", "socket_mode"]
