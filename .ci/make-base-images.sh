#!/usr/bin/env bash
# Makes local stand-ins for the official base images, for a machine that reaches Debian's packages and Python's but no
# image registry. Starts a Docker engine if none runs. What is there already stays: an image that this script made from
# the same recipe, and any image that it did not make.
#   make-base-images.sh [debian-trixie|debian-bookworm|python|jre|maven|r ...]   (default: all but bookworm)
# Environment: MIRROR and SECURITY (Debian's, default: what this machine's apt uses), DOCKER (the docker command),
#   PYTAG (tag of the Python image), FORCE=1 (make again what this script made), KEEP=1 (keep the working folder)
set -euo pipefail

# the package mirrors are the ones this machine itself uses
apt_uri() {
  { cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true; } |
    grep -Eo 'https?://[^ ]*' | grep -E "$1" | sed 's#/*$##' | sort -u | head -n1 || true
}
MIRROR=${MIRROR:-$(apt_uri '/debian/?$')}
SECURITY=${SECURITY:-$(apt_uri '/debian-security/?$')}
PYTAG=${PYTAG:-python:3.13-slim-trixie}
WORK=${WORK:-$(mktemp -d)}
mkdir -p "$WORK"
trap '[ -n "${KEEP:-}" ] || rm -rf "$WORK"' EXIT

say() { printf '[base-images %4ss] %s\n' "$SECONDS" "$*" >&2; }

need() { # need COMMAND PACKAGE
  command -v "$1" >/dev/null 2>&1 && return
  [ -n "${APT_UPDATED:-}" ] || { apt-get update -qq && APT_UPDATED=1; }
  say "apt-get install $2"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null
}

# --- an engine ------------------------------------------------------------------------------------------------------
if [ -z "${DOCKER:-}" ]; then
  DOCKER=docker
  [ ! -x /usr/bin/docker ] || DOCKER=/usr/bin/docker # Debian's: it has BuildKit without a plugin
fi
have_engine() { "$DOCKER" version --format '{{.Server.Version}}' >/dev/null 2>&1; }

start_engine() {
  need dockerd docker.io
  need iptables iptables # docker.io only recommends it, and without it there is no bridge network
  [ ! -x /usr/bin/docker ] || DOCKER=/usr/bin/docker
  have_engine && return
  say "starting dockerd"
  local log=${DOCKERD_LOG:-/tmp/dockerd.log}
  setsid nohup dockerd >"$log" 2>&1 </dev/null &
  for _ in $(seq 150); do
    have_engine && return
    sleep 0.2
  done
  tail -20 "$log" >&2
  return 1
}
have_engine || start_engine
say "engine $("$DOCKER" version --format '{{.Server.Version}}')"

# --- what stays, and what is made ---------------------------------------------------------------------------------------
# this machine's own certificate authorities go into every image
mkdir -p "$WORK/ca"
find /usr/local/share/ca-certificates -name '*.crt' -exec cp -L {} "$WORK/ca/" \; 2>/dev/null || true
RECIPE=$(cat "$0" "$WORK"/ca/* 2>/dev/null | sha256sum | cut -c1-16)

stays() { # stays TAG: nothing is to be made
  "$DOCKER" image inspect "$1" >/dev/null 2>&1 || return 1
  case $("$DOCKER" image inspect -f '{{json .Config.Labels}}' "$1" 2>/dev/null) in
    *"\"standin.recipe\":\"$RECIPE\""*) [ -z "${FORCE:-}" ] && say "have $1" ;;
    *'"standin.recipe":'*) return 1 ;;
    *) say "have $1, which is not a stand-in: left alone" ;;
  esac
}

size() { "$DOCKER" image inspect -f '{{.Size}}' "$1" | awk '{printf "%.0f MB", $1 / 1e6}'; }

build() { # build TAG < Dockerfile     (the classic builder: every docker command has it)
  stays "$1" && return
  local log=$WORK/build.${1//[:\/]/_}
  if ! DOCKER_BUILDKIT=0 "$DOCKER" build -q --label standin.recipe="$RECIPE" -t "$1" - >/dev/null 2>"$log"; then
    tail -30 "$log" >&2
    say "FAILED $1"
    return 1
  fi
  say "made $1 $(size "$1")"
}

debian() { # debian SUITE -> debian:SUITE-slim, laid out as the official slim image is
  local suite=$1 tag=debian:$1-slim hooks=()
  stays "$tag" && return
  need mmdebstrap mmdebstrap
  [ -n "$MIRROR" ] && [ -n "$SECURITY" ] || { say "apt's sources name no Debian mirror: set MIRROR and SECURITY"; return 1; }
  # as in the official image: without the two pkgcache lines each apt-get update leaves 86 MB in its layer
  printf '%s\n' \
    'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };' \
    'Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";' >"$WORK/docker-clean"
  printf '#!/bin/sh\nexit 101\n' >"$WORK/policy-rc.d"
  [ "$suite" != bookworm ] || hooks=(--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr)
  # the certificates lie where a Dockerfile's own `apt-get install ca-certificates` takes them in
  # shellcheck disable=SC2016
  mmdebstrap --quiet --skip=cleanup/apt --variant=minbase --mode=root \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --dpkgopt='path-exclude=/usr/share/groff/*' --dpkgopt='path-exclude=/usr/share/lintian/*' \
    --dpkgopt='path-exclude=/usr/share/linda/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --aptopt='Acquire::Languages "none"' --aptopt='APT::Get::AutomaticRemove::Whatever "0"' \
    --customize-hook='mkdir -p "$1/usr/local/share/ca-certificates"' \
    --customize-hook="cp $WORK/ca/*.crt \"\$1/usr/local/share/ca-certificates/\" 2>/dev/null || true" \
    --customize-hook="upload $WORK/policy-rc.d /usr/sbin/policy-rc.d" \
    --customize-hook='chmod +x "$1/usr/sbin/policy-rc.d"' \
    --customize-hook="upload $WORK/docker-clean /etc/apt/apt.conf.d/docker-clean" \
    --customize-hook='rm -rf "$1"/var/cache/apt/*.bin "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/*' \
    --customize-hook='rm -rf "$1"/var/log/apt "$1"/var/log/dpkg.log "$1"/var/log/bootstrap.log' \
    --customize-hook='echo force-unsafe-io > "$1/etc/dpkg/dpkg.cfg.d/docker-apt-speedup"' \
    "${hooks[@]}" "$suite" "$WORK/$suite.tar" \
    "deb $MIRROR $suite main" "deb $MIRROR $suite-updates main" "deb $SECURITY $suite-security main"
  "$DOCKER" import -c 'CMD ["bash"]' -c "LABEL standin.recipe=$RECIPE" "$WORK/$suite.tar" "$tag" >/dev/null
  rm -f "$WORK/$suite.tar"
  say "made $tag $(size "$tag")"
}

APT='set -e; export DEBIAN_FRONTEND=noninteractive; apt-get update -qq; apt-get install -y -qq --no-install-recommends'
CLEAN='rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /var/log/dpkg.log /var/log/apt'
SYSTEM_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# /usr/local is a virtual environment over Debian's python3, so that everything lies where the official image has it:
# /usr/local/bin/python3, pip, /usr/local/lib/python3.13/site-packages, no EXTERNALLY-MANAGED
python() {
  build "$PYTAG" <<D
FROM debian:trixie-slim
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
RUN $APT ca-certificates netbase tzdata python3 python3-venv >/dev/null \
 && python3 -m venv /usr/local \
 && printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\ndisable-pip-version-check = true\n' > /etc/pip.conf \
 && ln -sf /usr/local/bin/python3 /usr/local/bin/python \
 && rm -f /usr/local/bin/activate* /usr/local/bin/Activate.ps1 /usr/local/lib64 \
 && $CLEAN
CMD ["python3"]
D
}

jre() {
  build eclipse-temurin:21-jre <<D
FROM debian:trixie-slim
ENV JAVA_HOME=/opt/java/openjdk PATH=/opt/java/openjdk/bin:$SYSTEM_PATH LANG=en_US.UTF-8 LANGUAGE=en_US:en LC_ALL=C.UTF-8
RUN mkdir -p /usr/share/man/man1; $APT ca-certificates openjdk-21-jre-headless >/dev/null \
 && mkdir -p /opt/java && ln -s /usr/lib/jvm/java-21-openjdk-amd64 /opt/java/openjdk && $CLEAN
CMD ["bash"]
D
}

maven() {
  build maven:3.9-eclipse-temurin-21 <<D
FROM debian:trixie-slim
ENV JAVA_HOME=/opt/java/openjdk PATH=/opt/java/openjdk/bin:$SYSTEM_PATH LANG=C.UTF-8 MAVEN_HOME=/usr/share/maven
RUN mkdir -p /usr/share/man/man1; $APT ca-certificates openjdk-21-jdk-headless maven git >/dev/null \
 && mkdir -p /opt/java && ln -s /usr/lib/jvm/java-21-openjdk-amd64 /opt/java/openjdk && $CLEAN
CMD ["mvn"]
D
}

r() {
  build r-base:4.5.0 <<D
FROM debian:trixie-slim
ENV LC_ALL=C.UTF-8 LANG=C.UTF-8
RUN $APT ca-certificates r-base-core littler >/dev/null && $CLEAN
CMD ["R"]
D
}

[ $# -gt 0 ] || set -- debian-trixie python jre maven r
jobs=()
for what in "$@"; do
  case $what in
    debian-*) debian "${what#debian-}" ;;
    python | jre | maven | r) ;;
    *) echo "make-base-images.sh: unknown image $what" >&2 && exit 2 ;;
  esac
done
for what in "$@"; do
  case $what in
    python | jre | maven | r)
      debian trixie
      "$what" &
      jobs+=($!)
      ;;
  esac
done
for job in ${jobs[@]+"${jobs[@]}"}; do wait "$job"; done
say "done"
