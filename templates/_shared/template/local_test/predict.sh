#!/usr/bin/env bash
# Asks the server that serve_local.sh started for predictions.
set -euo pipefail

usage() {
  cat <<'END'
Usage: local_test/predict.sh [PAYLOAD] [CONTENT_TYPE] [--accept TYPE] [--port PORT]

Sends a file to http://127.0.0.1:8080/invocations and prints the answer.

  PAYLOAD        a file, or the name of one in local_test/payloads (default: the first)
  CONTENT_TYPE   default by the file's suffix: .csv text/csv, .json application/json, .jsonl application/jsonlines
  --accept TYPE  the content type of the answer (default: as the request)
  --port PORT    another port than 8080

Exits with 1 if the status is not 200 or nothing answers.
END
}

fail() {
  printf 'predict.sh: %s\n' "$1" >&2
  exit "${2:-1}"
}

# Prints what the server says, with all that a terminal would obey made visible: control characters but tab, line feed and
# carriage return, those of Unicode too (C1), and those that turn the direction of writing.
visible() {
  LC_ALL=C sed $'s/[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]/?/g; s/\xc2[\x80-\x9f]/?/g; s/\xe2\x80[\x8e\x8f\xaa-\xae]/?/g; s/\xe2\x81[\xa6-\xa9]/?/g'
}

payload='' type='' accept='' port=8080
while [ $# -gt 0 ]; do
  case $1 in
    --accept | --port) [ $# -gt 1 ] || fail "$1 needs a value" 2 ;;
  esac
  case $1 in
    --accept) accept=$2; shift ;;
    --accept=*) accept=${1#*=} ;;
    --port) port=$2; shift ;;
    --port=*) port=${1#*=} ;;
    -h | --help) usage; exit 0 ;;
    -*) fail "unknown argument '$1'; see --help" 2 ;;
    *)
      if [ -z "$payload" ]; then payload=$1
      elif [ -z "$type" ]; then type=$1
      else fail "one payload and one content type at most, not also '$1'" 2; fi
      ;;
  esac
  shift
done
[[ $port =~ ^[1-9][0-9]{0,4}$ && $port -le 65535 ]] || fail "--port must be a number from 1 to 65535, not '$port'" 2

payloads=$(dirname -- "$0")/payloads
if [ -z "$payload" ]; then
  set -- "$payloads"/*
  payload=$1
  [ -f "$payload" ] || fail 'there is no sample request in local_test/payloads yet: put one there, or name a file' 2
fi
[ -f "$payload" ] || payload=$payloads/$payload
[ -f "$payload" ] || fail "no such file: ${payload##*/payloads/}, neither here nor in local_test/payloads" 2
[ -n "$type" ] || case $payload in
  *.csv) type=text/csv ;;
  *.json) type=application/json ;;
  *.jsonl | *.jsonlines) type=application/jsonlines ;;
  *) fail "$payload has none of the suffixes .csv, .json, .jsonl: give its content type as second argument" 2 ;;
esac

answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
url=http://127.0.0.1:$port
status=$(curl --noproxy '*' --silent --show-error --output "$answer" --write-out '%{http_code}' --header 'Expect:' \
  --header "Content-Type: $type" ${accept:+--header "Accept: $accept"} --data-binary @- "$url/invocations" <"$payload") ||
  fail "no answer from $url: start local_test/serve_local.sh, or name its port with --port"
[ "$status" = 200 ] || fail "status $status: $(head -c 4096 "$answer" | tr -d '\0' | visible)"
if [ -t 1 ]; then visible <"$answer"; else cat "$answer"; fi
