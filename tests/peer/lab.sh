# What the peer scripts share: a private network, the hosts on it, and an end
# that leaves nothing behind.  Source it first; the script then runs again as
# process 1 of namespaces of its own, so that whatever it has started dies with
# it, and its files are in the private $dir.
#
#   BUILD=build   where the programs under test are
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin

skip() # why
{
	echo "$1"
	exit 77
}

if [ "${LAB-}" != inside ]; then
	[ "$(id -u)" = 0 ] || skip "needs root, for network namespaces"
	# Not in its place: it does not hear SIGTERM.  And when this is killed,
	# so is all of it.
	LAB=inside setpriv --pdeathsig KILL env --default-signal=INT,QUIT \
		unshare --net --mount --pid --fork --kill-child --mount-proc \
		--propagation private "$0" "$@" <&0 &
	lab=$!
	trap 'kill -KILL $lab 2>/dev/null; exit 130' INT TERM
	wait $lab
	exit
fi
unset LAB
# Whole, since who enters a namespace stands at its root.
BUILD=$(realpath "${BUILD:-build}") || exit 1
# A clean /run also keeps the peers from the system's own files there.
mount -t tmpfs -o mode=755,size=1g lab /run || exit 1
dir=/run/lab
mkdir -p "$dir/bin"
cp "$BUILD"/muster{,d} "$dir/bin" || exit 1
failed=0
declare -A holder=()

# Namespaces end when no process is in them, so process 1 must not wait.
trap 'kill -KILL -1 2>/dev/null' EXIT
trap 'exit 1' INT TERM

need() # programs...
{
	local program

	for program; do
		command -v "$program" >/dev/null ||
			skip "$program is not installed (tools/deps test)"
	done
}

ok() # condition's status, what it shows, what there was instead
{
	if [ "$1" = 0 ]; then
		echo "ok - $2"
	else
		echo "not ok - $2: ${3:-}"
		failed=1
	fi
}

same() # found wanted what
{
	[ "$1" = "$2" ]
	ok $? "$3" "$1 instead of $2"
}

# Until the file has so many lines that match.
await() # pattern file [count [seconds]]
{
	local end=$((${EPOCHREALTIME/./} + ${4:-15} * 1000000))

	while [ "${EPOCHREALTIME/./}" -lt $end ]; do
		[ "$(grep -csE -- "$1" "$2")" -ge "${3:-1}" ] 2>/dev/null &&
			return 0
		sleep 0.05
	done
	return 1
}

# ---- hosts ------------------------------------------------------------------

# Each is a network of its own with an eth0 on the bridge, and a name.  What it
# sends travels as on a wire, one by one: not as what a card is to cut apart, of
# which a filter loses all or nothing, and a capture shows what nobody sent.
host() # name [address/length...]
{
	local address

	unshare --net --uts --mount sleep infinity &
	holder[$1]=$!
	until [ "$(readlink "/proc/$!/ns/net")" != \
		"$(readlink /proc/self/ns/net)" ]; do
		sleep 0.01
	done
	ip link add "v-$1" type veth peer name eth0 netns "${holder[$1]}" &&
		ip link set "v-$1" master "${bridge:-br0}" up || exit 1
	on "$1" hostname "$1"
	on "$1" sysctl -qw net.ipv6.conf.{all,default}.disable_ipv6=1 2>/dev/null
	on "$1" ip link set lo up
	on "$1" ip link set eth0 gso_max_segs 1 up
	for address in "${@:2}"; do
		on "$1" ip address add "$address" broadcast + dev eth0
		# Of its own metric, or Linux takes what it remembers of this
		# route, a TTL of 1, for other routes to the same interface.
		on "$1" ip route replace 224.0.0.0/4 dev eth0 metric 9
	done
}

on() # host command...
{
	nsenter --target "${holder[$1]}" --net --uts --mount -- "${@:2}"
}

# In the background, as $!, with all that it says in $dir/LOG.
start() # log host command...
{
	nsenter --target "${holder[$2]}" --net --uts --mount -- "${@:3}" \
		>"$dir/$1" 2>&1 </dev/null &
}

mac() # host
{
	on "$1" ip -o link show eth0 | sed 's,.*ether \([0-9a-f:]*\).*,\1,'
}

sysctl -qw net.ipv6.conf.{all,default}.disable_ipv6=1 2>/dev/null
ip link set lo up
ip link add br0 type bridge mcast_snooping 0 && ip link set br0 up || exit 1

# Takes down what goes by, as $capture: on a host's card, or on the whole bridge
# as `lab`.  It misses nothing from here on: it has begun, and has room.
capture_on() # host file [options...]
{
	local enter=(nsenter --target "${holder[$1]-$$}" --net) card=eth0

	[ "$1" = lab ] && card=br0
	"${enter[@]}" -- tshark -B 64 -n -i $card "${@:3}" -w "$2" \
		>"$2.log" 2>&1 </dev/null &
	capture=$!
	# It takes its time on a busy computer, and nobody else does anything.
	while kill -0 "$capture" 2>/dev/null; do
		await "Capture started" "$2.log" 1 1 && return
	done
	echo "tshark does not capture:"
	cat "$2.log"
	exit 1
}

end_capture()
{
	sleep 0.5
	stop "$capture" INT
}

# What Wireshark finds wrong in a capture; but a segment that the kernel's TCP
# sent once more, which it calls a conflict, is not ours to judge.
wrong_in() # file tshark's options...
{
	tshark -r "$1" "${@:2}" -Y "(_ws.malformed ||
		_ws.expert.severity == error) && !tcp.analysis.retransmission &&
		!tcp.analysis.fast_retransmission" 2>/dev/null
}

# ---- the programs under test ------------------------------------------------

# It serves all that ask, from $dir/root; with `state` unset, from memory.
musterd() # log host options...
{
	start "$1" "$2" "$dir/bin/musterd" -c "${config:-/dev/null}" \
		-o root="${root:-$dir/root}" -o state="${state-}" \
		-o run="$dir/run-$2" -o user= -o unknown=serve \
		-o log-format=json "${@:3}"
	daemon=$!
	await '"event":"serving"' "$dir/$1" && return
	echo "musterd does not serve:"
	cat "$dir/$1"
	exit 1
}

muster() # host words...
{
	on "$1" "$dir/bin/muster" "${@:2}"
}

stop() # pid [signal]
{
	kill "-${2:-TERM}" "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

hash_of() # file
{
	sha256sum <"$1" | cut -d ' ' -f 1
}

# Any bytes, no two blocks alike, the same in every run.
bytes() # count file
{
	seq 10000000 99999999 2>/dev/null | head -c "$1" >"$2"
}
