"""`python -m eid`."""

from eid.cli import main

if __name__ == "__main__":
    main()
