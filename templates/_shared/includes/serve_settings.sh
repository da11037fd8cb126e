say() { printf 'serve: %s\n' "$*" >&2; }

fail() {
  say "$1"
  exit 1
}

# Prints an environment variable without blanks around it, or the default.
variable() { # NAME DEFAULT
  local text=$2
  if [[ ${!1:-} =~ [^[:space:]](.*[^[:space:]])? ]]; then text=${BASH_REMATCH[0]}; fi
  printf '%s' "$text"
}

# Prints an environment variable as a whole number, or ends with a sentence that names it (H2).
setting() { # NAME DEFAULT LOW HIGH
  local text value
  text=$(variable "$1" "$2")
  if [[ $text =~ ^([-+]?)0*([0-9]{1,18})$ ]]; then
    value=$((${BASH_REMATCH[1]}${BASH_REMATCH[2]}))
    ((value >= $3 && value <= $4)) && echo "$value" && return
  fi
  fail "$1 must be a whole number from $3 to $4, not '$text'"
}

# Prints an environment variable, which must be one of the words in any case, or the first of them.
choice() { # NAME WORD...
  local name=$1 text word
  shift
  text=$(variable "$name" "$1")
  for word; do
    [[ ${text,,} != "$word" ]] || { echo "$word" && return; }
  done
  printf -v word ', %s' "$@"
  fail "$name must be one of ${word:2}, not '${text,,}'"
}

# Prints how many CPUs this container may use: the cgroup's quota counts, not the host's size (H43).
cpus() {
  local available quota=max period=1
  available=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc)
  if [[ -r /sys/fs/cgroup/cpu.max ]]; then # cgroup v2
    read -r quota period </sys/fs/cgroup/cpu.max
  elif [[ -r /sys/fs/cgroup/cpu/cpu.cfs_quota_us ]]; then # cgroup v1
    read -r quota </sys/fs/cgroup/cpu/cpu.cfs_quota_us
    read -r period </sys/fs/cgroup/cpu/cpu.cfs_period_us
  fi
  if [[ $quota =~ ^[0-9]+$ ]] && ((quota <= (available - 1) * period)); then
    available=$(((quota + period - 1) / period))
  fi
  echo $((available > 0 ? available : 1))
}

# Sets all settings, from the environment (README.md lists them).
read_settings() {
  local transforms payload
  cpus=$(cpus)
  batch=$(choice SAGEMAKER_BATCH false true) || exit
  transforms=$(setting SAGEMAKER_MAX_CONCURRENT_TRANSFORMS "$cpus" 1 10000) || exit
  workers=$cpus timeout=65 body_mib=25 # H16, H19
  if [[ $batch = true ]]; then
    workers=$((transforms < 512 ? transforms : 512)) timeout=660 # B7
  fi
  workers=$(setting MODEL_SERVER_WORKERS "$workers" 1 512) || exit
  payload=$(setting SAGEMAKER_MAX_PAYLOAD_IN_MB 100 0 100000) || exit
  if [[ $batch = true ]]; then # B6: 0 is no limit
    body_mib=$((payload == 0 || payload > 100 ? payload : 100))
  fi
  port=$(setting SAGEMAKER_BIND_TO_PORT 8080 1 65535) || exit
  timeout=$(setting MODEL_SERVER_TIMEOUT "$timeout" 1 86400) || exit
  playground=$(choice SERVE_PLAYGROUND 0 1) || exit
  transforms=$((workers < 100 ? workers : 100)) payload=$((100 / transforms)) # B3: the product may not exceed 100
  payload=$((payload < 6 ? payload : 6))
  execution_parameters="{\"MaxConcurrentTransforms\": $transforms, \"BatchStrategy\": \"MULTI_RECORD\", \"MaxPayloadInMB\": $payload}"
}
{%- if front_end == 'nginx' %}

# Fills in nginx.conf.
write_nginx_conf() { # LIST OF WORKERS
  local conf
  conf=$(<nginx.conf)
  conf=${conf//@PORT@/"$port"}
  conf=${conf//@BODY_MIB@/"$body_mib"}
  conf=${conf//@TIMEOUT@/"$timeout"}
  conf=${conf//@PLAYGROUND@/"$playground"}
  conf=${conf//@WORKERS@/"$1"}
  conf=${conf//@EXECUTION_PARAMETERS@/"$execution_parameters"}
  printf '%s\n' "$conf" >/tmp/serve/nginx.conf
}
{%- endif %}

if (($#)); then
  printf 'usage: serve\n\nTakes no arguments; README.md lists its environment variables.\n' >&2
  [[ $* = --help ]]
  exit $(($? * 2))
fi
cd "$(dirname -- "$(readlink -f -- "$0")")" || exit
