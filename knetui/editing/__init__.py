"""What happens to a text while it is edited; nothing here is a widget."""
