-- Prints what one run of wrk saw as a line of JSON; latencies in µs.
done = function(summary, latency, requests)
	local e = summary.errors
	io.write(string.format(
	    '{"requests": %d, "us": %d, "p50": %d, "p99": %d, "errors": ' ..
	    '{"connect": %d, "read": %d, "write": %d, "status": %d, ' ..
	    '"timeout": %d}}\n',
	    summary.requests, summary.duration,
	    latency:percentile(50), latency:percentile(99),
	    e.connect, e.read, e.write, e.status, e.timeout))
end
