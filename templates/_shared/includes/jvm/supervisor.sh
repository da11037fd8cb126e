run=/tmp/serve
healthy=$run/healthy
grace=25 # seconds to drain; SageMaker kills the container 30 s after asking it to stop
drain=$((timeout + 2)) # seconds for a JVM that was replaced: nobody is in a hurry then
retry=30 # seconds until another JVM is tried after one that did not start
started=0 current=0 # JVMs so far, and the one of them that answers
jvm='' next='' nginx='' stop='' ended=''

# Starts a JVM, with a socket of its own and its id in $next.
start_jvm() {
  started=$((started + 1))
  "${java[@]}" -Dserve.socket="$run/jvm-$started.sock" -Dserve.grace="$drain" -jar /opt/program/serve.jar &
  next=$!
}

# Sets state to the letter of a process: R, S or D runs, T is stopped; to nothing if it has ended.
look_at() { # PID
  local stat
  state=
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
  stat=${stat##*) }
  state=${stat%% *}
  [ "$state" != Z ] || state=
}

runs() { # PID: neither ended nor stopped (H13)
  look_at "$1"
  [[ $state == [RSD] ]]
}

is_gone() { # PID
  look_at "$1"
  [ -z "$state" ]
}

# Sends a signal and waits for the end, or kills after some seconds.
stop_process() { # PID SIGNAL SECONDS
  local deadline=$((SECONDS + $3))
  kill -s "$2" "$1" 2>/dev/null
  until is_gone "$1"; do
    [ "$SECONDS" -lt "$deadline" ] || kill -s KILL "$1" 2>/dev/null
    pause 0.05
  done
}

pause() { read -rt "$1" -u "$never" _ || true; } # without a process; a signal ends it

# Lets the JVM that has become ready take over from the one before, which ends when its requests are answered.
take_over() {
  local old=$jvm
  ln -s "jvm-$started.sock" "$run/link" && mv -T "$run/link" "$run/jvm.sock"
  jvm=$next next='' current=$started
  if [ -n "$old" ]; then
    (stop_process "$old" TERM $((drain + 2))) &
  fi
}

# Goes on with the JVM that answers when the one that should take over has ended.
keep_old() {
  wait "$next"
  say "the JVM that should take over ended with $?: keeping the one before, trying again in $retry s"
  next='' retry_at=$((SECONDS + retry))
}

# Keeps $healthy true to the JVM's state until a stop signal comes or one of the processes ends.
supervise() {
  local frozen_since='' retry_at=0
  while [ -z "$stop" ]; do
    if [ -n "$jvm" ] && [ -n "$next" ] && is_gone "$next"; then keep_old; fi
    for name in nginx jvm next; do
      if [ -n "${!name}" ] && is_gone "${!name}"; then
        ended=$name
        return
      fi
    done
    if [ -n "$next" ] && [ -e "$run/ready-$started" ]; then take_over; fi
    if [ -n "$jvm" ] && runs "$jvm"; then
      frozen_since=''
      [ -e "$healthy" ] || : >"$healthy"
    else
      rm -f "$healthy"
      frozen_since=${frozen_since:-$SECONDS}
    fi
    # a JVM asks to be replaced when predictions hang in it; a frozen one cannot ask
    if [ -n "$jvm" ] && [ -z "$next" ] && [ "$SECONDS" -ge "$retry_at" ] &&
      { [ -e "$run/replace-$current" ] || { [ -n "$frozen_since" ] && ((SECONDS - frozen_since > timeout)); }; }; then
      say 'replacing the JVM'
      [ -z "$frozen_since" ] || kill -s KILL "$jvm"
      start_jvm
      [ -z "$frozen_since" ] || jvm=''
    fi
    if [ -e "$healthy" ]; then pause 0.1; else pause 0.01; fi
  done
}

trap 'stop=1' TERM INT QUIT
rm -rf "$run"
mkdir "$run" || exit
exec {never}<> <(:) # nothing ever comes from there
server="server unix:$run/jvm.sock max_fails=0;"
write_nginx_conf "$server $server" # the one JVM, twice: with only one nginx tries no second time
start_jvm
nginx -e stderr -c "$run/nginx.conf" &
nginx=$!
supervise

trap '' TERM INT QUIT
code=0
if [ -n "$ended" ]; then
  wait "${!ended}"
  code=$?
  say "${ended/next/jvm} ended with $code: stopping"
  [ "$code" != 0 ] || code=1 # nobody asked for this
  rm -f "$healthy"
else
  say 'asked to stop: finishing requests in flight' # nginx still passes on what has just arrived
fi
deadline=$((SECONDS + grace))
stop_process "$nginx" QUIT "$grace" # closes the port, finishes what is in flight
for pid in $jvm $next; do stop_process "$pid" TERM $((deadline + 2 - SECONDS)); done
exit "$code"
