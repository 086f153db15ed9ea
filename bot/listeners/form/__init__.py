"""A script's form from opening to submission."""

__all__ = ["confirmations", "forms", "submission", "typed_values", "uploads", "view_updates"]
