# The servers that bench/run measures, each the same way: start_NAME starts it
# on 10.0.0.1 in the foreground, and this file's start() and stop() do the rest.
# What a server writes to disk goes below $state, which is no tmpfs.

start_atftpd()
{
	exec atftpd --daemon --no-fork --user root.root --maxthread 1000 \
		--no-multicast --verbose=3 --logfile /dev/null "$files"
}

# Its package conflicts with atftpd's, so it is only unpacked.
start_tftpd_hpa()
{
	exec "$hpa/usr/sbin/in.tftpd" -L -4 -s -u root -a 10.0.0.1:69 "$files"
}

start_dnsmasq()
{
	exec dnsmasq -d -C /dev/null --port=0 --user=root --interface=eth0 \
		--enable-tftp --tftp-root="$files" --tftp-max=1000 \
		--dhcp-authoritative --no-ping --dhcp-lease-max=65536 \
		--dhcp-range=10.0.16.0,10.0.255.250,255.255.0.0,1h \
		--dhcp-leasefile="$state/dnsmasq.leases"
}

start_kea()
{
	local more=

	[ -z "${reserved-}" ] || more=", \"reservations-out-of-pool\": true,
		\"reservations\": [ <?include \"$reserved\"?> ]"
	export KEA_PIDFILE_DIR=/run KEA_LOCKFILE_DIR=/run
	cat >"$work/kea.conf" <<-END
	{ "Dhcp4": {
	  "interfaces-config": {
	    "interfaces": ["eth0"], "dhcp-socket-type": "udp" },
	  "lease-database": { "type": "memfile", "persist": true,
	    "lfc-interval": 0, "name": "$state/kea.csv" },
	  "multi-threading": { "enable-multi-threading": false },
	  "valid-lifetime": 3600,
	  "subnet4": [ { "id": 1, "subnet": "${network:-10.0.0.0/16}",
	    "pools": [ { "pool":
	      "${pool:-10.0.16.0 - 10.0.255.250}" } ] $more } ],
	  "loggers": [ { "name": "kea-dhcp4", "severity": "WARN",
	    "output_options": [ { "output": "stderr" } ] } ] } }
	END
	exec kea-dhcp4 -c "$work/kea.conf"
}

start_dhcpd()
{
	cat >"$work/dhcpd.conf" <<-END
	authoritative; ping-check false; default-lease-time 3600;
	subnet 10.0.0.0 netmask 255.255.0.0 {
	  range 10.0.16.0 10.0.255.250; }
	END
	touch "$state/dhcpd.leases"
	exec dhcpd -4 -f -q -cf "$work/dhcpd.conf" -pf /run/dhcpd.pid \
		-lf "$state/dhcpd.leases" eth0
}

# Below debug level 3 it leaves for the background, and says nothing of a request
# that went well.
start_bootpd()
{
	exec bootpd -s -d 0 -c "$files" "$work/bootptab"
}

start_musterd()
{
	cat >"$work/muster.conf" <<-END
	root = "$files"
	state = "$state/muster"
	run = "$work/run"
	user = ""
	interfaces = {eth0}
	unknown = serve
	unknown-share = 100
	lease-time = 1h
	tftp { blksize-max = 65464 }
	subnet ${network:-10.0.0.0/16} {
	  range = "${pool:-10.0.16.0 - 10.0.255.250}"
	}
	END
	exec "$programs/musterd" -c "$work/muster.conf"
}

start_echo()
{
	exec build/bench/echo serve 7777
}

# The UDP port that tells that a server is ready.
port_of() # server
{
	case $1 in
	atftpd | tftpd_hpa) echo 69 ;;
	echo) echo 7777 ;;
	*) echo 67 ;;
	esac
}

listener() # port
{
	ss -Hlunp "sport = :$1" | sed -n 's/.*pid=\([0-9]*\).*/\1/p;T;q'
}

# Sets server, to the process that has the port.
start() # server
{
	local port

	port=$(port_of "$1")
	taskset -c "$server_core" bash -c '. bench/servers.sh; start_"$1"' \
		bash "$1" >"$work/$1.log" 2>&1 </dev/null &
	for ((i = 0; i < ${patience:-100}; i++)); do
		server=$(listener "$port")
		if [ -n "$server" ]; then
			sleep 0.2
			return
		fi
		# Some leave for the background first.
		[ "$i" -lt 100 ] || kill -0 $! 2>/dev/null || break
		sleep 0.05
	done
	echo "bench: $1 does not start:" >&2
	tail -n 5 "$work/$1.log" >&2
	return 1
}

stop()
{
	kill "$server" 2>/dev/null
	while [ -e "/proc/$server" ]; do
		sleep 0.02
	done
}

# A server as if it had never run.
forget()
{
	rm -rf "$state"
	mkdir -p "$state/muster"
}

# CPU time of the server and of its children that have ended, in microseconds.
cpu()
{
	local stat ticks

	stat=$(<"/proc/$server/stat")
	stat=(${stat##*) })
	ticks=$((stat[11] + stat[12] + stat[13] + stat[14]))
	echo $((ticks * 1000000 / $(getconf CLK_TCK)))
}
