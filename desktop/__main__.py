"""``python -m desktop``: the same as ``counterfoil``."""

from desktop.main import main

if __name__ == "__main__":
    main()
