-- For wrk: posts one CSV row over and over; at the end prints one line of JSON.
wrk.method = "POST"
wrk.headers["Content-Type"] = "text/csv"
wrk.body = "5.1,3.5,1.4,0.2\n"

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "errors": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.timeout + errors.status))
end
