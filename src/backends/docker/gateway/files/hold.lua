-- Holds a request while no replica is up, rather than answer 503; sets txn.up when one is.
local SECONDS = tonumber(os.getenv("HOLD_SECONDS")) or 10
local LOOK = 0.05

local seen, seen_at = false, -1

local function now()
  local t = core.now()
  return t.sec + t.usec / 1000000
end

-- One look for all that wait: it reads the state of every slot.
local function up()
  local t = now()
  if t - seen_at >= LOOK or t < seen_at then
    seen, seen_at = false, t
    for name, server in pairs(core.backends["replicas"].servers) do
      if name ~= "hold" and server:get_stats().status:sub(1, 2) == "UP" then
        seen = true
        break
      end
    end
  end
  return seen
end

core.register_action("hold", { "http-req" }, function(txn)
  local until_ = now() + SECONDS
  repeat
    if up() then
      txn:set_var("txn.up", true)
      return
    end
    core.msleep(math.floor(LOOK * 1000))
  until now() >= until_
end)
