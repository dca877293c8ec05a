#!/usr/bin/env bash
# The measurements that want a GPU: runs the next missing one, resumes a cut-off one, and ends within
# --minutes N (default 9). Plain PyTorch; no Ray.
#   benchmarks/gpu/run.sh --data CIFAR10_PARQUET --out DIR [--minutes N]
# Call it again until its table has no line that says "missing".
set -euo pipefail
cd "$(dirname "$0")/../.."
exec "${PYTHON:-python3}" -u -m benchmarks.gpu.run "$@"
