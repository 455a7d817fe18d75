"""What is wrong outside of the program."""


class Fault(Exception):  # noqa: N818  # of its kinds each is an Error
    """A file, a name, an option or the network is not as it should be.

    The message says in one line what was found, what was expected and what to do: whoever shows it
    leaves the traceback away.
    """
