#!/bin/bash
# A worker that has served 20,000 requests of all kinds is not larger than one
# that has served 2,000. A leak of 30 bytes in each request would show; `make
# soak` sends a million and finds smaller ones.
set -euo pipefail
cd "$(dirname "$0")/.."

REQUESTS=20000 SOAK_PORT=${TEST_NGINX_PORT:-17850} exec tools/soak --tap
