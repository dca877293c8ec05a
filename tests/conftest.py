"""What every test runs under."""

import os

# Set before torch is imported: idle OpenMP threads would otherwise spin on the cores that a
# neighbour (a Ray worker, another test run) needs.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
