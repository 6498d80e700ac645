"""Pictures from tars."""
