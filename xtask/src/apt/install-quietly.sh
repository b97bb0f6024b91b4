# Installs the packages named as arguments. Runs as root.
#
# Engines are wanted as programs, not as services of the machine: while dpkg runs, a policy forbids it to start any
# service, and units that arrive with these packages are disabled for the next boot. Services of packages that were
# there before are not touched.
set -eu

policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
	trap 'rm -f "$policy"' EXIT
	trap 'exit 1' HUP INT TERM
fi

new=
for package; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || new="$new $package"
done

export DEBIAN_FRONTEND=noninteractive
# A broken third-party source need not stop what the others can serve.
apt-get update -qq || echo "apt-get update failed" >&2
apt-get install -qq -y --no-install-recommends "$@"

[ -d /run/systemd/system ] || exit 0
for package in $new; do
	for unit in $(dpkg -L "$package" | sed -n 's,^.*/systemd/system/\([^/@]*\.service\)$,\1,p'); do
		systemctl disable --quiet "$unit" || true
	done
done
