"""Standard notification: the message stands beside it."""


def get_context(context: dict) -> None:
    """Nothing beyond the document."""
