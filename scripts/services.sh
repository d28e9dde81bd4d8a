# Sourced. start_services BENCH starts the MariaDB and Redis that a bench needs, where they do not run yet;
# stop_services stops what was started, and nothing else.

started_db=()
started_pids=()

answers() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; } # HOST PORT

setting() { # BENCH KEY DEFAULT: a value of common_site_config.json
    "$1/env/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1])).get(sys.argv[2]) or sys.argv[3])' \
        "$1/sites/common_site_config.json" "$2" "$3"
}

wait_for() { # WHAT HOST PORT
    for _ in $(seq 60); do
        answers "$2" "$3" && return 0
        sleep 1
    done
    echo "$1 does not answer on $2:$3" >&2
    return 1
}

start_database() { # HOST PORT
    answers "$1" "$2" && return 0
    if [ "$(id -u)" != 0 ] || ! command -v mariadbd-safe >/dev/null; then
        echo "the bench's database does not answer on $1:$2; start it first" >&2
        return 1
    fi
    echo "starting MariaDB"
    install -d -o mysql -g mysql /run/mysqld
    mariadbd-safe --user=mysql >/dev/null 2>&1 &
    started_db=("-h$1" "-P$2")
    wait_for MariaDB "$1" "$2"
}

start_redis() { # BENCH NAME URL
    local address=${3#redis://} host port config
    host=${address%%:*} port=${address##*:} port=${port%%/*}
    answers "$host" "$port" && return 0
    echo "starting $2"
    config=$1/config/$2.conf
    if [ -f "$config" ]; then
        redis-server "$config" --daemonize no >/dev/null 2>&1 &
    else
        redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no >/dev/null 2>&1 &
    fi
    started_pids+=($!)
    wait_for "$2" "$host" "$port"
}

start_services() { # BENCH
    local host
    host=$(setting "$1" db_host 127.0.0.1)
    [ "$host" = localhost ] && host=127.0.0.1
    start_database "$host" "$(setting "$1" db_port 3306)"
    [ ${#started_db[@]} = 0 ] || started_db+=("-u$(setting "$1" root_login root)" "-p$(setting "$1" root_password '')")
    start_redis "$1" redis_cache "$(setting "$1" redis_cache redis://127.0.0.1:13000)"
    start_redis "$1" redis_queue "$(setting "$1" redis_queue redis://127.0.0.1:11000)"
}

stop_services() {
    [ ${#started_pids[@]} = 0 ] || kill "${started_pids[@]}" 2>/dev/null || true
    [ ${#started_db[@]} = 0 ] || mariadb-admin "${started_db[@]}" shutdown || true
    started_pids=() started_db=()
}
