"""How payloads reach the app: Socket Mode or HTTP, with the faults that a network has."""
