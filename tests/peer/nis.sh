# NIS as Debian has it, for the peer scripts: ypserv, whose maps makedbm has
# made, and machines that ypbind has bound to it.  Source it behind lab.sh.
need ypserv ypbind rpcbind

yp=$dir/yp
mkdir -p "$yp/yp.test"

map() # name: lines "key value" on standard input
{
	/usr/lib/yp/makedbm -i /dev/null -o /dev/null -m beta - \
		"$yp/yp.test/$1" 2>/dev/null || /usr/lib/yp/makedbm - \
		"$yp/yp.test/$1"
}

# rpcbind's local socket has one name, and every host needs its own.
own_run() # hosts...
{
	local name

	for name; do
		nsenter --target "${holder[$name]}" --mount sh -c "
			mount --bind $dir /mnt && mount -t tmpfs run /run &&
			mkdir -p $dir /run/rpcbind && mount --bind /mnt $dir" ||
			exit 1
	done
}

# The maps that are there serve the domain yp.test; ypserv is $ypserv.
nis_server() # host
{
	nsenter --target "${holder[$1]}" --mount mount --bind "$yp" /var/yp
	nsenter --target "${holder[$1]}" --uts domainname yp.test
	start "rpcbind.$1" "$1" rpcbind -f
	sleep 0.3
	start ypserv "$1" ypserv -d -p 834
	ypserv=$!
}

# With the folder as its /etc; ypbind is $ypbind.
nis_client() # host server's-address etc
{
	local i

	cp /etc/nsswitch.conf /etc/netconfig /etc/rpc "$3" 2>/dev/null
	echo "domain yp.test server $2" >"$3/yp.conf"
	nsenter --target "${holder[$1]}" --mount mount --bind "$3" /etc
	nsenter --target "${holder[$1]}" --mount mount -t tmpfs yp /var/yp
	nsenter --target "${holder[$1]}" --mount mkdir /var/yp/binding
	nsenter --target "${holder[$1]}" --uts domainname yp.test
	start "rpcbind.$1" "$1" rpcbind -f
	sleep 0.3
	start ypbind "$1" ypbind -foreground -no-ping -debug
	ypbind=$!
	for ((i = 0; i < 100; i++)); do
		on "$1" ypwhich >/dev/null 2>&1 && break
		sleep 0.1
	done
	same "$(on "$1" ypwhich 2>&1)" "$2" "ypbind of Debian has found ypserv"
}
