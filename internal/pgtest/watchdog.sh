# Arguments: directory, directory of the binaries, superuser, then arguments of
# postgres. Runs a server in the directory until standard input ends, then
# stops the server and removes the directory.
dir=$1 bin=$2 superuser=$3
shift 3

# The C locale folds and sorts as SQLite does, so both databases agree.
"$bin/initdb" --pgdata="$dir/data" --username="$superuser" --auth=trust \
	--encoding=UTF8 --no-locale --no-sync >"$dir/log" 2>&1 </dev/null || exit 1

"$bin/postgres" -D "$dir/data" "$@" >>"$dir/log" 2>&1 </dev/null &
server=$!

read -r _

# SIGINT disconnects clients and stops at once. It is repeated, because a
# server that has only just begun does not listen to it yet.
attempt=0
while [ $attempt -lt 100 ] && kill -INT $server 2>/dev/null; do
	attempt=$((attempt + 1))
	sleep 0.05
done
kill -KILL $server 2>/dev/null
wait $server 2>/dev/null
rm -rf "$dir"
