-- cleansmtp-exec.lua - Dovecot 2.3 and 2.4: as cleansmtp.lua, for hosts without lua-socket.
--
-- Runs cleansmtp-checkpassword for each login, through the shell: some milliseconds instead of half of one. Everything
-- said in cleansmtp.lua holds here, with this file's name in the passdb. Another program, or --socket PATH behind it:
-- copy this file and change the line below.
--
-- The password goes through a pipe. On the command line there are the service and the client's address, both checked.

local program = "/usr/local/libexec/cleansmtp/cleansmtp-checkpassword"

function script_init()
  return 0
end

function script_deinit()
end

-- What consists of such characters alone, else the other.
local function only(pattern, text, other)
  text = tostring(text or "")
  return text:match("^" .. pattern .. "+$") or other
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

function auth_password_verify(req, password)
  local result = dovecot.auth
  local user = req.user or ""
  if (user .. password):find("[%z\n]") then
    return result.PASSDB_RESULT_PASSWORD_MISMATCH, "cleansmtp: not a login of ours"
  end
  local command = "SERVICE=" .. only("[a-z]", req.protocol or req.service, "unknown") ..
    " TCPREMOTEIP=" .. only("[%x:.]", req.remote_ip, "") ..
    " AUTH_SECURED=" .. ((req.secured or "") ~= "" and "secured" or "") ..
    " exec " .. program .. " --stdin"
  local ran, status = pcall(run, command, user .. "\0" .. password .. "\0\0")
  if ran and status == 0 then
    -- The name as Dovecot has it: this way says yes or no and nothing more.
    return result.PASSDB_RESULT_OK, {}
  elseif ran and status == 1 then
    return result.PASSDB_RESULT_PASSWORD_MISMATCH, "cleansmtp: refused"
  end
  return result.PASSDB_RESULT_INTERNAL_FAILURE, "cleansmtp: cannot tell now"
end

function auth_passdb_lookup(req)
  return dovecot.auth.PASSDB_RESULT_USER_UNKNOWN, "cleansmtp: no lookups"
end
