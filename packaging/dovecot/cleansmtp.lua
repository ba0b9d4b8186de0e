-- cleansmtp.lua - Dovecot 2.3 and 2.4: logins of leases, asked at cleansmtp-authd's verify socket.
--
-- Needs Debian's dovecot-auth-lua and lua-socket, and a verify socket that Dovecot's auth workers may open
-- (user dovecot; auth.group in cleansmtp.conf, and extra_groups of service auth-worker).
--
-- Dovecot 2.4:
--
--     passdb lua {
--       lua_file = /usr/local/share/cleansmtp/dovecot/cleansmtp.lua
--       username_filter = cs-*
--       result_failure = return-fail
--       use_cache = no
--     }
--     auth_internal_failure_delay = 12 secs
--
-- The delay is for Postfix, which makes 535 of any answer, a temporary one too, and 454 of none within 10 seconds.
--
-- Dovecot 2.3 (blocking=yes: in a worker, or each refusal would hold up all logins), with auth_cache_size = 0, which is
-- the default: 2.3 keeps what Lua answers in that cache, and a lease that has ended would go on logging in. (An empty
-- "cache_key=" is meant to prevent it, and makes 2.3.19 of Debian 12 crash at the first login.) On a host that needs the cache, use
-- cleansmtp-checkpassword, which 2.3 never caches:
--
--     passdb {
--       driver = lua
--       args = file=/usr/local/share/cleansmtp/dovecot/cleansmtp.lua blocking=yes
--       username_filter = cs-*
--       result_failure = return-fail
--     }
--     passdb {
--       driver = checkpassword
--       args = /usr/bin/timeout 12 /usr/bin/tail -f
--       username_filter = cs-*
--     }
--
-- The second one is the same delay for Postfix: it is reached only when we cannot tell, and answers nothing for so long.
--
-- In front of the other passdbs, and never the last one: when the filter skips all of them, Dovecot answers everybody
-- with a temporary failure. Another socket: copy this file and change the line below.
--
-- A worker answers one login at a time, and a wrong password is held back for auth.failure_delay: count on
-- auth_worker_max_count (2.3) or process_limit of service auth-worker (2.4), 30 each, when you set that.
--
-- There is no auth_passdb_get_cache_key, and must be none: without it 2.4 keeps nothing. Whatever is not a clear answer is INTERNAL_FAILURE, a temporary failure to the mail program. PASSWORD_MISMATCH would
-- make it ask for another password, or throw the good one away.

local socket_path = "/run/cleansmtp/verify"

-- Seconds. A refusal is held back for at most 5; Postfix waits for 10.
local answer_limit = 6

-- "word TAB name=value ..." with the escapes of Dovecot's own protocols.
local function parse(line)
  local plain = { ["0"] = "\0", ["1"] = "\1", t = "\t", r = "\r", n = "\n" }
  local word, fields = nil, {}
  for part in (line .. "\t"):gmatch("([^\t]*)\t") do
    local name, value = part:match("^([^=]*)=(.*)$")
    if word == nil then
      word = part
    elseif name then
      fields[name] = value:gsub("\1(.)", plain)
    end
  end
  return word, fields
end

-- One question, one line; nil and why.
local function ask(fields)
  local unix = require("socket.unix")
  -- luasocket 3 has a table of kinds, earlier ones have the function itself.
  local link = type(unix) == "table" and unix.stream() or unix()
  link:settimeout(answer_limit)
  local good, why = link:connect(socket_path)
  if good then
    good, why = link:send(table.concat(fields, "\0") .. "\0\n")
  end
  local line
  if good then
    line, why = link:receive("*l")
  end
  link:close()
  return line, why
end

function script_init()
  return 0
end

function script_deinit()
end

function auth_password_verify(req, password)
  local result = dovecot.auth
  local user = req.user or ""
  -- Such a login is not of ours, and would not be one field.
  if (user .. password):find("[%z\n]") then
    return result.PASSDB_RESULT_PASSWORD_MISMATCH, "cleansmtp: not a login of ours"
  end
  -- 2.4 calls it protocol. No word is not smtp's: authd refuses what it does not know.
  local service = req.protocol or req.service or ""
  local fields = { user, password, service ~= "" and service or "unknown", req.remote_ip or "" }
  if (req.secured or "") ~= "" then
    fields[5] = "secured=yes"
  end
  -- An error in here may not become anything but temporary.
  local ran, line, why = pcall(ask, fields)
  if not ran or not line then
    return result.PASSDB_RESULT_INTERNAL_FAILURE, "cleansmtp: no answer: " .. tostring(ran and why or line)
  end
  local word, told = parse(line)
  if word == "OK" and told.user and told.user ~= "" then
    return result.PASSDB_RESULT_OK, { user = told.user }
  elseif word == "NO" then
    return result.PASSDB_RESULT_PASSWORD_MISMATCH, "cleansmtp: refused"
  elseif word == "EXPIRED" then
    return result.PASSDB_RESULT_PASS_EXPIRED, "cleansmtp: the lease is over"
  elseif word == "REVOKED" then
    return result.PASSDB_RESULT_USER_DISABLED, "cleansmtp: the lease was ended"
  end
  return result.PASSDB_RESULT_INTERNAL_FAILURE, "cleansmtp: cannot tell now"
end

-- Nothing can be looked up: there are no passwords, and the verifiers are keyed.
function auth_passdb_lookup(req)
  return dovecot.auth.PASSDB_RESULT_USER_UNKNOWN, "cleansmtp: no lookups"
end
