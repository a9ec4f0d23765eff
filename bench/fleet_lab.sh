# The network that bench/fleet measures in: a switch, a server and machines on
# it, each a namespace without a name that ends with the process that holds it,
# and that ends with the lab.
#
# Frames reach the machines in the sender's own time: who sends more than these
# few cores can deliver is slowed down, as on a slower link, and nothing is lost
# on the way.  A machine's card has a ring (that is what GRO is for, here, and
# what its cable's other end has no TSO for), so a burst to many is not too much
# for the one queue that a processor has; and the machines' processes come last,
# so that the kernel's threads that empty these rings have their time.  Loss is
# what the weather takes, from each machine by itself, at its port; frame by
# frame, since nothing crosses the switch as a large packet.

# How many frames may wait in the server's card.
card_queue=1000

on_server()
{
	nsenter --target "$server_host" --net -- "$@"
}

# Runs on all machines at once; {} is the machine's number.
on_machines() # seconds command...
{
	printf '%s\n' "${hosts[@]}" | "$crowd" "$@"
}

# Sets $holder.
new_host()
{
	unshare --net sleep infinity &
	holder=$!
	while [ "/proc/$holder/ns/net" -ef /proc/self/ns/net ]; do
		sleep 0.001
	done
}

address_of() # machine
{
	echo "10.0.$(($1 / 250 + 1)).$(($1 % 250 + 1))"
}

# Commands for ip(8): the switch and its cables, and then what is at their ends.
cables()
{
	echo "link add br0 type bridge mcast_snooping 0"
	echo "link add p0 type veth peer name eth0 netns $server_host"
	for ((i = 1; i <= ${#hosts[@]}; i++)); do
		echo "link add p$i type veth peer name eth0" \
			"netns ${hosts[i - 1]}"
	done
	for ((i = 0; i <= ${#hosts[@]}; i++)); do
		echo "link set p$i master br0 gro_max_size 1600 up"
	done
	echo "link set br0 up"
	echo "link set lo up"
}

ends() # address
{
	echo "link set lo up"
	echo "link set eth0 up"
	echo "address add $1/16 broadcast + dev eth0"
	echo "route add 224.0.0.0/4 dev eth0"
}

# A frame of a card that has TSO goes past the ring of its receiver.
set_up_switch()
{
	local port

	for ((port = 1; port <= ${#hosts[@]}; port++)); do
		ethtool -K "p$port" tso off tx-udp-segmentation off || return
	done
}

set_up_end='
	echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
	ethtool -K eth0 gro on tso off tx-udp-segmentation off
	ip -batch "$1"'

# All that the server sends, and of it what carries data (requests, polls and
# reports are shorter), and all that it is sent.  The drops are the weather.
rules() # machines loss
{
	local lost

	lost=$(awk -v percent="$2" 'BEGIN { printf "%d", percent * 1000 }')
	echo "table netdev fleet {"
	echo " counter sent { }"
	echo " counter data { }"
	echo " counter heard { }"
	echo " chain out { type filter hook ingress device p0 priority 0;"
	echo "  counter name sent"
	echo "  meta length >= 400 counter name data"
	echo " }"
	echo " chain in { type filter hook egress device p0 priority 0;"
	echo "  counter name heard"
	echo " }"
	for ((i = 1; i <= $1 && lost; i++)); do
		echo " chain weather$i {"
		echo "  type filter hook egress device p$i priority 0;"
		echo "  numgen random mod 100000 < $lost drop"
		echo " }"
	done
	echo "}"
}

limit_rate() # rate
{
	if [ "$1" = none ]; then
		on_server tc qdisc add dev eth0 root pfifo limit $card_queue
	else
		on_server tc qdisc add dev eth0 root tbf rate "$1" \
			burst 64k limit $((card_queue * 1514))
	fi
}

open_lab() # machines loss rate
{
	hosts=()
	new_host
	server_host=$holder
	for ((i = 1; i <= $1; i++)); do
		new_host
		hosts+=("$holder")
	done
	mkdir -p "$work/ends"
	ends 10.0.0.1 >"$work/ends/0"
	for ((i = 1; i <= $1; i++)); do
		ends "$(address_of "$i")" >"$work/ends/$i"
	done
	cables | ip -batch - &&
		set_up_switch &&
		on_server sh -c "$set_up_end" sh "$work/ends/0" &&
		on_machines 60 sh -c "$set_up_end" sh "$work/ends/{}" \
			>"$work/ends/log" &&
		! grep -q '^[0-9]* [^0]' "$work/ends/log" &&
		limit_rate "$3" &&
		rules "$1" "$2" | nft -f -
}

# Sets wire_bytes (with the head of an Ethernet frame), wire_packets,
# data_packets and heard_packets since the last time.
count_wire()
{
	read -r wire_packets wire_bytes data_packets heard_packets < <(
		nft reset counters table netdev fleet |
			awk '/counter/ { name = $2 }
			     /packets/ { n[name] = $2; bytes[name] = $4 }
			     END { printf "%.0f %.0f %.0f %.0f\n", n["sent"],
				bytes["sent"] + 14 * n["sent"],
				n["data"], n["heard"] }')
}

# ---- memory -----------------------------------------------------------------

# A virtual machine gives memory that is free back to its host, and getting it
# again page by page takes longer than anything that is measured here: 13 GB, which
# are 200 copies, took a minute.  So it is kept meanwhile, and fetched beforehand.
memory_order=/sys/module/page_reporting/parameters/page_reporting_order
usual_order=

hold_on_to_memory()
{
	[ -w $memory_order ] || return 0
	usual_order=$(cat $memory_order)
	# More than any block of free memory has.
	{ echo 11 >$memory_order; } 2>/dev/null ||
		echo "free memory goes back to the host: read no times" >&2
}

let_go_of_memory()
{
	[ -z "$usual_order" ] || echo "$usual_order" >$memory_order
}

# So much as the machines' copies take.
touch_memory()
{
	head -c $((machines * bytes)) /dev/zero >"$work/lab/memory"
	rm "$work/lab/memory"
}

# The time that the smallest question takes, in microseconds.
round_trip()
{
	on_server busybox ping -c 20 -A -q "$(address_of 1)" |
		awk -F / '/round-trip/ { printf "%d", $4 * 1000 }'
}
