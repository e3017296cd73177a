#!/usr/bin/env bash
# Runs a client's test program with no spool directory, so that every record has to go over the socket:
#   storm.py RESPAND storm without_spool.sh PROGRAM
set -euo pipefail
exec "$1" "$2" - "${@:4}"
