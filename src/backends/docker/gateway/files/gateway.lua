-- Holds a request while no replica is up, rather than answer 503; sets txn.up when one is.
local SECONDS = tonumber(os.getenv("HOLD_SECONDS")) or 10
local LOOK = 0.02

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

-- Refuses a body that is too large, but takes it in first: a client that is cut off while it sends sees no answer. What is
-- larger by far is cut off all the same.
local LIMIT = tonumber(os.getenv("BODY_BYTES")) or 0
local ERROR = '{"error":"The request body is too large: the limit is %d bytes","kind":"body-too-large","request":%s}'

core.register_service("too_large", "http", function(applet)
  local taken = 0
  repeat
    local part = applet:receive(65536)
    taken = taken + #part
  until #part == 0 or taken > 4 * LIMIT
  local id = applet.headers["x-request-id"] and applet.headers["x-request-id"][0] or ""
  local body = ERROR:format(LIMIT, id:match("^[%w._:/+=@-]+$") and '"' .. id .. '"' or "null")
  applet:set_status(413)
  applet:add_header("content-type", "application/json")
  applet:add_header("content-length", tostring(#body))
  applet:start_response()
  applet:send(body)
end)
