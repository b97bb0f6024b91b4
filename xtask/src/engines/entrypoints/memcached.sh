#!/bin/sh
# The official image's habit: options alone start the server.
set -e

case "${1:-}" in
-*) set -- memcached "$@" ;;
esac

exec "$@"
