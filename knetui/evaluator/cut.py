"""Shortens text and line lists that are too long to read, and says how much is gone."""


def cut(text: str, limit: int) -> str:
    """At most about `limit` characters of `text`: its head, a note, and the end of it."""
    if len(text) <= limit:
        return text
    tail = limit // 4
    gone = len(text) - limit
    return f"{text[: limit - tail]}\n... {gone:,} characters cut ...\n{text[len(text) - tail :]}"


def cut_lines(lines: list[str], limit: int) -> list[str]:
    """At most `limit` lines and a note between the first and the last of them."""
    if len(lines) <= limit:
        return lines
    half = limit // 2
    return [*lines[:half], f"... {len(lines) - 2 * half:,} lines cut ...", *lines[-half:]]
