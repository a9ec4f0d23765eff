# A client of NetInfo that rpcgen and libtirpc make of netinfo.x: it shares
# nothing with ours.  Sourced behind lab.sh; $client is the program.
need rpcgen gcc

mkdir "$dir/root" "$dir/client"
client=$dir/client/client
cp tests/peer/netinfo.x "$dir/client"
cp tests/peer/netinfo.client "$dir/client/client.c"
(
	cd "$dir/client" && rpcgen -h netinfo.x >netinfo.h &&
		rpcgen -c netinfo.x >netinfo_xdr.c &&
		rpcgen -l netinfo.x >netinfo_clnt.c &&
		gcc -w -I. -I/usr/include/tirpc -o client client.c \
			netinfo_xdr.c netinfo_clnt.c -ltirpc
) >"$dir/gcc" 2>&1 || { cat "$dir/gcc"; exit 1; }
: >"$dir/empty"

conf() # words of netinfo
{
	cat <<-END
		bootparam {
			serve = yes
			file = $dir/empty
			hosts = $dir/empty
		}
		netinfo {
			serve = yes
			${1-}
		}
	END
}
