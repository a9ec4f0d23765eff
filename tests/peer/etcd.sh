# etcd, for the peer scripts: members on 127.0.0.N.  Source it behind lab.sh.
need etcd curl

export ETCDCTL_API=3
declare -A member=()

# A member of its own, or of a cluster.  It syncs its log, here to memory.
etcd_on() # N options...
{
	local ip=127.0.0.$1

	etcd --name "m$1" --data-dir "$dir/etcd.$1" \
		--listen-client-urls "${scheme:-http}://$ip:2379" \
		--advertise-client-urls "${scheme:-http}://$ip:2379" \
		--listen-peer-urls "http://$ip:2380" \
		--initial-advertise-peer-urls "http://$ip:2380" \
		--initial-cluster "${cluster:-m$1=http://$ip:2380}" \
		"${@:2}" >>"$dir/log.etcd.$1" 2>&1 </dev/null 5>&- &
	member[$1]=$!
}

# Until it has a leader.
healthy() # N curl's options...
{
	local end=$((SECONDS + 60))

	until curl -s "${@:2}" "${scheme:-http}://127.0.0.$1:2379/health" |
		grep -q true; do
		[ $SECONDS -lt $end ] || return
		sleep 0.1
	done
}

# A cluster, whose endpoints are $all.
three_members()
{
	local i

	cluster=m1=http://127.0.0.1:2380,m2=http://127.0.0.2:2380
	cluster+=,m3=http://127.0.0.3:2380
	all=http://127.0.0.1:2379,http://127.0.0.2:2379,http://127.0.0.3:2379
	for i in 1 2 3; do
		etcd_on $i
	done
	for i in 1 2 3; do
		healthy $i
		ok $? "member $i is there" "$(tail -n 3 "$dir/log.etcd.$i")"
	done
}
