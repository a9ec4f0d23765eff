# What bench/fleet measures.  A row names a tool, the bytes of the file in one
# of its packets, and the largest file that it can send; serve_NAME becomes its
# server, and machine_NAME sets `command` to what a machine runs.  Another
# protocol of Muster is another row, and nothing else.
tools="
muster-tftp    1428  -
muster-x-slam  1451  -
muster-x-tftm  1428  -
muster-mtftp    512  32M
muster-train   1408  -
atftpd         1428  89M
udpcast        1456  -
udpcast-fec    1456  -
uftp           1400  -
http           1448  -
"

names()
{
	awk 'NF { print $1 }' <<<"$tools"
}

field_of() # tool number
{
	awk -v tool="$1" -v n="$2" '$1 == tool { print $n }' <<<"$tools"
}

in_bytes() # 64M, 1K or 5
{
	numfmt --from=iec "${1/-/1E}"
}

bits_of() # rate: 1gbit or 100mbit
{
	local number=${1%bit}

	numfmt --from=si "${number^^}"
}

# ---- servers, in the server's namespace -------------------------------------

# Each as its manual advises for a switched network, or better where a trial
# showed so.

serve_muster()
{
	exec "$programs/muster" serve --files-only --interface eth0 \
		--wait-for "$machines" "$files"
}

serve_atftpd()
{
	exec atftpd --daemon --no-fork --user root.root --maxthread 1000 \
		--mcast-addr 239.9.9.1-20 --mcast-port 2000-2100 --verbose=3 \
		--logfile /dev/null "$files"
}

# It leaves when all machines are there, or 15 s after the first.  Left to itself
# it says hello once: who misses the answer then stalls all others for ever.
serve_udpcast() # more...
{
	exec udp-sender --nokbd --no-progress --interface eth0 \
		--file "$files/$file" --min-receivers "$machines" \
		--min-wait 1 --max-wait 15 --rexmit-hello-interval 200 "$@"
}

serve_udpcast-fec()
{
	serve_udpcast --fec 8x8/128
}

# It takes no hint from its receivers, so it is given a pace that the link can
# carry, and that a small machine can deliver to all of them.
serve_uftp()
{
	local kbit=$((8000000 / (machines + 3)))

	if [ "$rate" != none ]; then
		local most=$(($(bits_of "$rate") * 95 / 100000))

		[ $kbit -lt $most ] || kbit=$most
	fi
	exec uftp -I eth0 -R $kbit -B 262144 -b 1400 \
		-H "$(seq -s , -f 0x%08.0f "$machines")" "$files/$file"
}

serve_http()
{
	cat >"$work/nginx.conf" <<-END
	daemon off; user root; worker_processes 1;
	pid $work/nginx.pid; error_log stderr;
	events { worker_connections 2048; }
	http { access_log off; sendfile on; tcp_nopush on;
	  client_body_temp_path $work/nginx; proxy_temp_path $work/nginx;
	  fastcgi_temp_path $work/nginx; scgi_temp_path $work/nginx;
	  uwsgi_temp_path $work/nginx;
	  server { listen 10.0.0.1:80; root $files; } }
	END
	exec nginx -c "$work/nginx.conf"
}

# The socket that tells that it is ready; none: the machines begin.
socket_of() # tool
{
	case $1 in
	muster-* | atftpd) echo -u 69 ;;
	udpcast*) echo -u 9001 ;;
	http) echo -t 80 ;;
	esac
}

# ---- machines: {} is the number of one --------------------------------------

# The address of the file as `muster serve` prints it; else the plain one.
muster_url() # scheme
{
	local url

	url=$(grep -o "\"$1://[^\"]*\"" "$work/server.log" | head -n 1)
	url=${url//\"/}
	echo "${url:-$1://10.0.0.1/$file}"
}

machine_muster() # scheme
{
	command=("$programs/muster" fetch -q -o "$got/{}/$file"
		"$(muster_url "$1")")
}

machine_atftpd()
{
	command=(atftp --option "blksize 1428" --option multicast -g -r "$file"
		-l "$got/{}/$file" 10.0.0.1)
}

machine_udpcast()
{
	command=(udp-receiver --nokbd --no-progress --interface eth0
		--file "$got/{}/$file")
}

machine_udpcast-fec()
{
	machine_udpcast
}

# A daemon: it is done when the file has its name.
machine_uftp()
{
	command=(-f "$got/{}/$file" "$limit" uftpd -q -d -t -B 262144 -I eth0
		-U "0x{}" -D "$got/{}")
}

machine_http()
{
	command=(curl -sS -o "$got/{}/$file" "http://10.0.0.1/$file")
}

# Muster's rows share two functions.
serve() # tool
{
	"serve_${1/muster-*/muster}"
}

machine() # tool
{
	case $1 in
	muster-*) machine_muster "${1#muster-}" ;;
	*) "machine_$1" ;;
	esac
}

# What is missing, if anything.
lacks() # tool
{
	case $1 in
	muster-*) lacks_scheme "${1#muster-}" ;;
	atftpd) lacks_programs atftpd atftp ;;
	udpcast*) lacks_programs udp-sender udp-receiver ;;
	uftp) lacks_programs uftp uftpd ;;
	http) lacks_programs nginx curl ;;
	esac
}

lacks_programs() # program...
{
	local program

	for program; do
		command -v "$program" >/dev/null ||
			echo "$program is not installed (tools/deps bench)"
	done
}

# A loopback without a server tells what it thinks of the scheme, at once.
lacks_scheme() # scheme
{
	unshare --net sh -c 'ip link set lo up; timeout 1 "$@"' sh \
		"$programs/muster" fetch -q -o /dev/null "$1://127.0.0.1/x" \
		2>&1 | grep -oE "unknown scheme|not among the transports.*"
}
