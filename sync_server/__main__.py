"""``python -m sync_server``: the same as ``counterfoil-server``."""

from sync_server.cli import main

if __name__ == "__main__":
    main()
