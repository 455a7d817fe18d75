"""`python -m knetui` is `knet-tui`."""

from knetui.cli import main

if __name__ == "__main__":
    main()
