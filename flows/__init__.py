"""The sync itself: routes, the engine with its four phases, and the doors to it (command line and Prefect)."""

import sys
from pathlib import Path

# Where docferry is installed with `pip install -e`, a folder `mappings` in the working folder would be taken for the package of
# that name, which Prefect's workers and `python -m` look for there first. A package with an __init__.py comes before a mere folder.
if (_HOME := str(Path(__file__).parent.parent)) not in sys.path:
    sys.path.append(_HOME)
