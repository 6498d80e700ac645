"""What each action does: values in, values out."""
