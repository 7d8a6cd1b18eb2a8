#!/bin/bash
# Prove that ./run and ./test need nothing but a bare Debian 12: make one with debootstrap, and run them in it.
#
#   sudo scripts/bare_root.sh [--sudo-user] FOLDER [run] [verb] [test] [shell]     (default: run test)
#
# FOLDER is made if absent and holds the bare root; delete it to begin anew. The checkout is copied to
# /root/didoi inside, a folder that no unprivileged user can enter; with --sudo-user to the home of a
# person who may use sudo, and everything is started by that person. Where packages come from is asked of
# the calling machine (apt's sources, pip's and npm's configuration, its certificates) and lent to the
# root by copies and read-only mounts; nothing of it is written into the project. The mounts and every
# process end with the script.
#
# run:  first start, /healthz, Ctrl-C, second start in at most 5 s, kill -9, third start, a verb.
# verb: the set-up and one verb.
# test: ./test, with its counts.
set -euo pipefail
export LC_ALL=C.UTF-8

[ "$(id -u)" = 0 ] || { echo "needs root: debootstrap and chroot" >&2; exit 2; }
who=root
if [ "${1:-}" = --sudo-user ]; then who=planner; shift; fi
[ $# -ge 1 ] || { sed -n '2,18s/^# \{0,1\}//p' "$0" >&2; exit 2; }
checkout=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
root=$(mkdir -p "$1" && cd "$1" && pwd)
shift
tasks=("${@:-run}")
if [ $# = 0 ]; then tasks=(run test); fi

# Mounts and processes belong to namespaces of our own and vanish with them.
if [ -z "${DIDOI_IN_NAMESPACE:-}" ]; then
    DIDOI_IN_NAMESPACE=1 exec unshare --mount --pid --fork --kill-child \
        "$checkout/scripts/bare_root.sh" $([ $who = root ] || echo --sudo-user) "$root" "${tasks[@]}"
fi

mount --make-rprivate /
mount -t proc proc /proc # ours alone, or ps would look into the wrong namespace

debian_sources() { # "deb URI RELEASE COMPONENT" of every Debian source that this machine uses
    apt-get indextargets --format '$(ORIGIN)|deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        sed -n 's/^Debian|//p' | sort -u
}

if [ ! -e "$root/etc/debian_version" ]; then
    echo "== debootstrap"
    mirror=$(debian_sources | awk '$3 == "bookworm" { print $2; exit }')
    debootstrap --variant=minbase bookworm "$root" "${mirror:-http://deb.debian.org/debian}" >"$root.log" 2>&1 ||
        { tail -n 20 "$root.log" >&2; exit 1; }
fi

# apt: the same mirrors, and how they are reached.
debian_sources >"$root/etc/apt/sources.list"
apt-config dump | grep -E '^Acquire::(http|https|ftp|Check)' >"$root/etc/apt/apt.conf.d/99caller" || true
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"

# Certificates that this machine trusts beyond Debian's.
own_home=/root
if [ $who = planner ]; then own_home=/home/planner; fi
lent=(LC_ALL=C.UTF-8 HOME=$own_home TERM="${TERM:-dumb}" PATH=/usr/sbin:/usr/bin:/sbin:/bin)
cp -L /etc/ssl/certs/ca-certificates.crt "$root/srv/caller.pem"
for name in PIP_CERT SSL_CERT_FILE NODE_EXTRA_CA_CERTS REQUESTS_CA_BUNDLE CURL_CA_BUNDLE; do
    lent+=("$name=/srv/caller.pem")
done

# pip and npm: what is configured, as environment; folders on this machine, as read-only mounts.
while IFS== read -r key value; do
    value=$(eval "printf %s $value") # pip prints values quoted as a shell reads them
    name=${key#*.}
    name=PIP_${name//-/_}
    case $name in PIP_cert) continue ;; esac
    lent+=("${name^^}=$value")
    for place in $value; do
        place=${place#file://}
        if [ -d "$place" ]; then
            case $place in */simple) place=${place%/simple} ;; esac # an index beside its files
            mkdir -p "$root$place" && mount --bind -o ro "$place" "$root$place"
        fi
    done
done < <(python3 -m pip config list 2>/dev/null | sort -r | sed 's/^:env:\./env./')
for name in $(compgen -e | grep -iE '^(npm_config_.*|https?_proxy|no_proxy)$' || true); do
    lent+=("$name=${!name}")
done

if [ $who = planner ] && [ ! -e "$root/etc/sudoers.d/planner" ]; then
    chroot "$root" sh -c 'apt-get -qq update && apt-get -qq -y install --no-install-recommends sudo &&
        useradd --create-home planner && echo "planner ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/planner' \
        >>"$root.log" 2>&1
fi

# The checkout: what git knows of, and what it does not ignore.
copy=$root$own_home/didoi
mkdir -p "$copy"
find "$copy" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
(cd "$checkout" && git ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
    tar --null -T - -cf -) | tar -xf - -C "$copy"
chmod 700 "$root$own_home"
chroot "$root" chown -R $who: "$own_home"
if [ -e "$HOME/.npmrc" ]; then
    touch "$root$own_home/.npmrc" && mount --bind -o ro "$HOME/.npmrc" "$root$own_home/.npmrc"
fi
if [ -n "${DIDOI_REAL_DATA:-}" ]; then
    mkdir -p "$root/srv/real-data" && mount --bind -o ro "$DIDOI_REAL_DATA" "$root/srv/real-data"
    lent+=(DIDOI_REAL_DATA=/srv/real-data)
fi

mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t tmpfs -o mode=755 dev "$root/dev"
for device in null zero full random urandom tty; do
    touch "$root/dev/$device" && mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/shm" "$root/dev/pts" && mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts" && ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"

enter=(chroot "$root" setpriv "--reuid=$who" "--regid=$who" --init-groups
    env "--chdir=$own_home/didoi" -i "${lent[@]}")

port=18765
started_s=0
start() { # ./run in the background, until /healthz answers 200
    local begun=$EPOCHREALTIME
    # A simple command: each part turns into the next, so that $! is the supervisor itself.
    "${enter[@]}" ./run --port $port &
    supervisor=$!
    until exec 8<>/dev/tcp/127.0.0.1/$port && printf 'GET /healthz HTTP/1.0\r\n\r\n' >&8 && grep -q '200 OK' <&8; do
        kill -0 $supervisor 2>/dev/null || { echo "✗ ./run ended" >&2; exit 1; }
        sleep 0.1
    done 2>/dev/null
    started_s=$(awk -v a="$begun" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
    echo "== answers after $started_s s"
}

left() { # what of ours still runs inside
    ps -eo args= | grep -E "[p]ostgres -D|[a]pi.serve" || true
}

try_run() {
    echo "== first start"
    start
    [ "$(left | wc -l)" = 3 ] || { echo "✗ not running: $(left)" >&2; exit 1; }
    if ps -o uid= -p $supervisor $(pgrep -d ' ' -f 'api\.serve|postgres -D') | grep -qx ' *0'; then
        echo "✗ something runs as root" >&2
        exit 1
    fi
    echo "== Ctrl-C"
    kill -INT $supervisor && wait $supervisor || { echo "✗ exit $?" >&2; exit 1; }
    [ -z "$(left)" ] || { echo "✗ still running: $(left)" >&2; exit 1; }
    echo "== second start"
    start
    awk -v s="$started_s" 'BEGIN { exit !(s <= 5) }' || { echo "✗ more than 5 s" >&2; exit 1; }
    echo "== kill -9"
    kill -9 $supervisor
    wait $supervisor 2>/dev/null || true
    sleep 1
    start
    kill -INT $supervisor && wait $supervisor
    [ -z "$(left)" ] || { echo "✗ still running: $(left)" >&2; exit 1; }
    echo "== a verb"
    "${enter[@]}" ./run migrate
    [ -z "$(left)" ] || { echo "✗ still running: $(left)" >&2; exit 1; }
    echo "✓ run"
}

for task in "${tasks[@]}"; do
    case $task in
    run) try_run ;;
    verb) "${enter[@]}" ./run migrate && echo "✓ verb" ;;
    test) "${enter[@]}" ./test && echo "✓ test" ;;
    shell) "${enter[@]}" bash -i ;;
    *) echo "unknown: $task" >&2; exit 2 ;;
    esac
done
