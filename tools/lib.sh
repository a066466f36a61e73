# Shared by scripts in tools/ and t/: Debian's repositories, as this machine's
# own apt configuration names them, work inside a folder with a Debian, and an
# nginx that looks for leaks and reports them.
# shellcheck shell=bash

# shellcheck disable=SC2034  # used where this file is read
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The repository of the release that this machine runs, "URI RELEASE"; updates
# and security are not asked for.
debian_repository() {
    local repository
    # shellcheck disable=SC2016  # apt expands these
    repository=$(apt-get indextargets 'Created-By: Packages' --format \
                     '$(ORIGIN) $(COMPONENT) $(REPO_URI) $(RELEASE)' |
                 awk '$1 == "Debian" && $2 == "main" && $4 !~ /-/ \
                      { print $3, $4; exit }')
    if [[ -z $repository ]]; then
        echo "no repository of Debian in apt's sources" >&2
        return 1
    fi
    echo "$repository"
}

# private_apt DIR ARGUMENT...: apt-get with the sources in DIR/sources.list and
# lists of its own, so that nothing else can ever come from these sources. A
# frozen mirror's lists may have expired: what is fetched this way serves tests
# only, so its age does not matter. Its signature does.
private_apt() {
    local dir=$1
    shift
    mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
    apt-get -qq -o "Dir::Etc::sourcelist=$dir/sources.list" \
        -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$dir/lists" \
        -o "Dir::Cache=$dir/cache" -o APT::Sandbox::User=root \
        -o Acquire::Check-Valid-Until=false "$@"
}

# inside ROOT NETWORK COMMAND runs a command in a folder that debootstrap made,
# with mounts and processes that end with it: nothing of the machine stays
# mounted there. Without "network" there is only loopback, so that tests cannot
# meet other programs' ports.
inside() {
    local root=$1 network=$2 command=$3 namespaces=(-m -p -f --kill-child)
    [[ $network == network ]] || namespaces+=(-n)
    # shellcheck disable=SC2016  # for the shell inside
    unshare "${namespaces[@]}" bash -c '
        ip link set lo up
        # A root that is a mount point may have mount namespaces within.
        mount --bind "$1" "$1"
        mount -t proc proc "$1/proc"
        mount --rbind /dev "$1/dev"
        exec chroot "$1" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
            HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
            bash -euc "$2"
    ' inside "$root" "$command" </dev/null
}

# empty_reports DIR makes a folder without reports, where workers write too, and
# not all of them are root.
empty_reports() {
    rm -rf "$1"
    mkdir -p "$1"
    chmod 1777 "$1"
}

# leak_checker FILE COMMAND FORGIVING makes FILE a program to be used as nginx.
# It runs COMMAND, or FORGIVING where nginx itself ends without giving up what
# it has: its configuration with -t, the TLS sessions that it keeps for
# "proxy_pass https:".
leak_checker() {
    cat >"$1" <<END
#!/bin/bash
for option; do
    if [[ \$option == -[tT] ]] || {
        [[ -f \$option ]] && grep -q 'proxy_pass https:' "\$option"
    }; then
        exec $3 "\$@"
    fi
done
exec $2 "\$@"
END
    chmod +x "$1"
}
