# What was measured, and the tables of it.  A value is known by the key of its
# line and its server; lines come out in the order in which they came in.

declare -A value unit wants
keys=()

# Keep the larger of what is known and what is new ...
most() # key server value unit
{
	keep "$1" "$4" most
	[ "${value[$1|$2]:-0}" -ge "$3" ] || value[$1|$2]=$3
}

# ... and the smaller.
least() # key server value unit
{
	keep "$1" "$4" least
	[ "${value[$1|$2]:-9999999999}" -le "$3" ] || value[$1|$2]=$3
}

keep() # key unit wants
{
	[ -n "${unit[$1]-}" ] || keys+=("$1")
	unit[$1]=$2
	wants[$1]=$3
}

# How Muster stands to the best peer, and to a named one.
verdict() # key
{
	local best= name=

	for peer in kea dhcpd dnsmasq atftpd tftpd_hpa bootpd sendto \
		sendmmsg segment; do
		local v=${value[$1|$peer]-}

		[ -n "$v" ] || continue
		if [ -z "$best" ] ||
			{ [ "${wants[$1]}" = most ] && [ "$v" -gt "$best" ]; } ||
			{ [ "${wants[$1]}" = least ] && [ "$v" -lt "$best" ]; }
		then
			best=$v
			name=$peer
		fi
	done
	[ -n "$best" ] && [ -n "${value[$1|musterd]-}" ] || return
	awk -v a="${value[$1|musterd]}" -v b="$best" -v n="${name/_/-}" \
		'BEGIN { if (b) printf "%.2f x %s", a / b, n }'
}

print_line() # key servers
{
	local key=$1

	printf '%-56s' "$key, ${unit[$key]}"
	for name in $2; do
		printf ' %10s' "${value[$key|$name]:--}"
	done
	printf '  %s\n' "$(verdict "$key")"
}

print_table() # pattern servers
{
	local names=${2//_/-} some=

	for key in "${keys[@]}"; do
		[[ $key == $1 ]] || continue
		[ -n "$some" ] || printf "\n%-56s$(printf ' %%10s%.0s' $2)\n" \
			"" $names
		some=yes
		print_line "$key" "$2"
	done
}

print_tables()
{
	echo "$(nproc) cores, Linux $(uname -r), load $(cut -d ' ' -f 1 \
		/proc/loadavg), $(date -u +%Y-%m-%d)"
	print_table 'tftp*' "atftpd tftpd_hpa dnsmasq musterd"
	print_table 'DHCP*' "kea dhcpd dnsmasq musterd"
	print_table 'reserved*' "kea musterd"
	print_table 'storm*' "kea dhcpd dnsmasq musterd"
	print_table 'BOOTP*' "bootpd musterd"
	print_table 'echo*' "echo"
	print_table 'coding*' "memcpy gfni avx2 ssse3 neon portable"
	print_table 'blast*' "sendto sendmmsg segment musterd train_0 train_10 train_24 train_read"
}
