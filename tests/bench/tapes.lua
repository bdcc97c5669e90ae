-- Requests of one kind against a tape of BENCH_N recordings, for tapes.py.
local n = tonumber(os.getenv("BENCH_N"))
local kind = os.getenv("BENCH_KIND")
local few = math.min(n, 1000)

function init(args)
	math.randomseed(7)
end

local kinds = {
	hot = function() return "GET", "/items/" .. math.random(0, few - 1) end,
	cold = function() return "GET", "/items/" .. math.random(0, n - 1) end,
	body = function()
		return "POST", "/search",
		    '{"query":' .. math.random(0, few - 1) .. '}'
	end,
	miss = function() return "GET", "/items/x" .. math.random(0, n) end,
}

function request()
	local method, path, body = kinds[kind]()
	return wrk.format(method, path, nil, body)
end

done = function(summary, latency, requests)
	local e = summary.errors
	io.write(string.format(
	    '{"requests": %d, "us": %d, "p50": %d, "p99": %d, "broken": %d, ' ..
	    '"status": %d}\n',
	    summary.requests, summary.duration,
	    latency:percentile(50), latency:percentile(99),
	    e.connect + e.read + e.write + e.timeout, e.status))
end
