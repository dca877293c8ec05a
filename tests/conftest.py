"""What every test runs under."""

import os
import signal

# Set before torch is imported: idle OpenMP threads would otherwise spin on the cores that a
# neighbour (a Ray worker, another test run) needs.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# A shell starts what it puts into the background with SIGINT ignored, and children inherit that;
# the programs that tests interrupt must be able to hear it.
signal.signal(signal.SIGINT, signal.default_int_handler)
