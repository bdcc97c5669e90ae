-- What asked.py says is asked, by what stands in the environment:
--
--	BENCH_KIND	a path, or items, search, unknown, every or new
--	BENCH_N		of so many items
--	BENCH_RUN	a word that no other run has, for new
--	BENCH_SEED	a number that no other run has, of what is random
--	BENCH_STOP	the run ends behind so many answers to one thread
--
-- It prints what one run saw as a line of JSON; latencies in µs.
local kind = os.getenv("BENCH_KIND")
local n = tonumber(os.getenv("BENCH_N") or "1")
local run = os.getenv("BENCH_RUN")
local most = tonumber(os.getenv("BENCH_STOP") or "0")
local padding = string.rep("x", 1000)
local asked = 0
local json = { ["Content-Type"] = "application/json" }

local threads = 0

function setup(thread)
	threads = threads + 1
	thread:set("number", threads)
end

function init(args)
	-- Another order each time: what the last run asked for is in memory.
	math.randomseed(tonumber(os.getenv("BENCH_SEED") or "0") * 64 + number)
end

local kinds = {
	items = function()
		return "GET", "/items/" .. math.random(0, n - 1)
	end,
	every = function()
		asked = asked + 1
		return "GET", "/items/" .. (asked - 1) % n
	end,
	search = function()
		return "POST", "/search", string.format(
		    '{"query":%d,"padding":"%s"}', math.random(0, n - 1),
		    padding), json
	end,
	unknown = function()
		return "GET", "/items/x" .. math.random(0, n)
	end,
	new = function()
		asked = asked + 1
		return "GET", run .. number .. "-" .. asked
	end,
}

if kinds[kind] then
	function request()
		local method, path, body, fields = kinds[kind]()
		return wrk.format(method, path, fields, body)
	end
else
	-- The same each time: wrk renders it once.
	wrk.path = kind
end

if most > 0 then
	-- wrk itself would wait for the end of its time.
	local answers, bytes, others = 0, 0, 0
	function response(status, headers, body)
		answers = answers + 1
		bytes = bytes + #body
		if status ~= 200 then
			others = others + 1
		end
		if answers == most then
			io.write(string.format(
			    '{"requests": %d, "us": null, "p50": null, ' ..
			    '"p99": null, "bytes": %d, "status": %d, ' ..
			    '"broken": 0, "timeout": 0}\n',
			    answers, bytes, others))
			io.flush()
			os.exit(0)
		end
	end
end

done = function(summary, latency, requests)
	local e = summary.errors
	io.write(string.format(
	    '{"requests": %d, "us": %d, "p50": %d, "p99": %d, "bytes": %d, ' ..
	    '"status": %d, "broken": %d, "timeout": %d}\n',
	    summary.requests, summary.duration,
	    latency:percentile(50), latency:percentile(99), summary.bytes,
	    e.status, e.connect + e.read + e.write, e.timeout))
end
