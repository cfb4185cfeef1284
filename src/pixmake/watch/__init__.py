"""Watch room: changes on disk to builds."""
