"""A script's form from opening to submission."""

__all__ = ["forms", "submission", "typed_values", "uploads", "view_updates"]
