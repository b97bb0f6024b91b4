#!/bin/sh
# The official images' habits: options alone start the server, root gives /data to the server's user and becomes it,
# and a server without an opinion on protected mode accepts the container's network.
set -e

case "${1:-}" in
-* | *.conf) set -- @SERVER@ "$@" ;;
esac

if [ "$1" = @SERVER@ ]; then
	if [ "$(id -u)" = 0 ]; then
		find . ! -user @USER@ -exec chown @USER@ '{}' +
		exec setpriv --reuid=@USER@ --regid=@USER@ --clear-groups "$0" "$@"
	fi
	# Files that the server writes are its own.
	if [ "$(umask)" = 0022 ]; then
		umask 0077
	fi
	open=yes
	for argument; do
		case "$argument" in
		*protected-mode* | - | -v | -h | --version | --help | --test-memory | --check-system) open=no ;;
		*.conf) if grep -qs '^[[:space:]]*protected-mode' "$argument"; then open=no; fi ;;
		esac
	done
	if [ "$open" = yes ]; then
		set -- "$@" --protected-mode no
	fi
fi

exec "$@"
