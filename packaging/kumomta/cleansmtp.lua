-- cleansmtp.lua - KumoMTA: logins of leases, and the lane of their messages.
--
-- In the policy (init.lua):
--
--     local cleansmtp = dofile '/usr/local/share/cleansmtp/kumomta/cleansmtp.lua'
--
--     kumo.on('smtp_server_auth_plain', function(authz, authc, password, conn_meta)
--       if cleansmtp.is_ours(authc) then
--         return cleansmtp.verify(authz, authc, password, conn_meta)
--       end
--       return your_own_customers(authc, password)
--     end)
--
--     kumo.on('smtp_server_message_received', function(msg)
--       if cleansmtp.bind(msg) then
--         return -- what you do to choose tenant, campaign or queue comes below
--       end
--     end)
--
--     kumo.on('get_queue_config', function(domain, tenant, campaign, routing_domain)
--       return kumo.make_queue_config { egress_pool = cleansmtp.pool(tenant) }
--     end)
--
-- and an egress pool for each lane, named like it, with one source whose source_address and ehlo_domain are those of the
-- lane ("cleansmtp pool list"). A lane without its pool: KumoMTA cannot send the message and keeps it, which is right.
-- List an IPv6 source too, or IPv6-only domains stay in the queue: never by another address.
--
-- The helper runs once a login, by the shell: KumoMTA's Lua loads no C modules, so there is no socket in it. The password goes
-- through a pipe, on the command line there are only the client's address and the name of a file, both ours or checked. Events of
-- KumoMTA wait for it: a wrong password for auth.failure_delay.
--
-- WHAT THIS CANNOT DO. KumoMTA has AUTH PLAIN over STARTTLS alone, no AUTH LOGIN. And its Lua cannot ask our policy socket about
-- each message: senders, recipients, limits and the count of messages are not checked, and a lease that ends goes on in a
-- session that is open already. Set max_messages_per_connection = 1 at the listener, so that each message has its own login,
-- and give such leases short. Where that is too little, let Postfix take the submission and hand it on.
--
-- Tried under plain Lua with a stand-in for KumoMTA's functions, made from its documentation and source, never in a KumoMTA: send a
-- message by each lane and look where it came from ("cleansmtp doctor --canary" does) before you rely on it.

local kumo = require 'kumo'

local program = "/usr/local/libexec/cleansmtp/cleansmtp-checkpassword"

-- KumoMTA joins CAMPAIGN:TENANT@DOMAIN to a queue's name, and asks get_queue_config with what it reads back from that: the tenant up to
-- the first @, behind the first colon. So there is neither in ours.
local prefix = "cleansmtp-lane-"

local cleansmtp = {}

-- A login of our form, to be asked about here and nowhere else.
function cleansmtp.is_ours(login)
  return login:lower():sub(1, 3) == "cs-"
end

local function temporary()
  kumo.reject(454, "4.7.0 Temporary authentication failure")
end

-- The exit status, or nil.
local function run(command, record)
  local pipe = io.popen(command, "w")
  if not pipe then
    return nil
  end
  pipe:write(record)
  local good, how, status = pipe:close()
  if good then
    return 0
  end
  return how == "exit" and status or nil
end

local function ask(command, record)
  local file = os.tmpname() -- ours alone, 0600
  local ran, status = pcall(run, command .. " --show >" .. file, record)
  local answer = io.open(file)
  local line = answer and answer:read("l")
  if answer then
    answer:close()
  end
  os.remove(file)
  return ran and status, line or ""
end

-- true or false; what we cannot tell is rejected with 454, for false is 535 and makes people change good passwords.
function cleansmtp.verify(authz, authc, password, conn_meta)
  if (authz ~= "" and authz ~= authc) or (authc .. password):find("[%z\n]") then
    return false
  end
  local client = tostring(conn_meta:get_meta "received_from" or "")
  client = client:gsub(":%d+$", ""):gsub("^%[(.*)%]$", "%1"):match("^[%x:.]+$") or ""
  local status, line = ask("SERVICE=smtp AUTH_SECURED=secured TCPREMOTEIP=" .. client .. " " .. program,
    authc .. "\0" .. password .. "\0\0")
  if status == 1 then
    return false
  end
  local lane = ("\t" .. line):match("\tlane=([%w._-]+)")
  if status ~= 0 or not lane then
    return temporary()
  end
  -- KumoMTA hands what is set here on to each message.
  conn_meta:set_meta("cleansmtp_lane", lane)
  return true
end

-- A message of such a session belongs to the lane's queue: true, and then nobody else may choose a tenant or queue for it. Others
-- are untouched: false.
function cleansmtp.bind(msg)
  local lane = msg:get_meta "cleansmtp_lane"
  local login = msg:get_meta "authn_id"
  if not lane and not (login and cleansmtp.is_ours(login)) then
    return false
  end
  -- A queue that was named before would be stronger than the tenant, and such a campaign would swallow it.
  local campaign = msg:get_meta "campaign"
  if not lane or msg:get_meta "queue" or (campaign and tostring(campaign):find "[:@]") then
    return kumo.reject(451, "4.3.0 Temporary failure of the sending service")
  end
  msg:set_meta("tenant", prefix .. lane)
  return true
end

-- The egress pool of such a queue, or nil for the site's own.
function cleansmtp.pool(tenant)
  return tenant and tenant:sub(1, #prefix) == prefix and tenant:sub(#prefix + 1) or nil
end

return cleansmtp
