-- kumomta.lua SCRIPT AUTHZ AUTHC RECEIVED_FROM [NAME=VALUE] - verify a login and bind a message as KumoMTA would call the script.
--
-- NAME=VALUE is one more of the connection's metadata. Standard input is the password. A stand-in for what KumoMTA documents: kumo.reject, and metadata of connection and message. Prints
-- what became of the login, the tenant of a message, and its egress pool.

local rejection = {}
package.loaded.kumo = {
  reject = function(code, text)
    error(setmetatable({ code = code, text = text }, rejection))
  end,
}

local function metadata(values)
  return {
    values = values,
    get_meta = function(self, name) return self.values[name] end,
    set_meta = function(self, name, value) self.values[name] = value end,
  }
end

local function called(what, ...)
  local ran, result = pcall(what, ...)
  if ran then
    return tostring(result)
  end
  if getmetatable(result) ~= rejection then
    error(result)
  end
  return tostring(result.code)
end

local cleansmtp = dofile(arg[1])
assert(cleansmtp.is_ours("CS-abcdefgh") and not cleansmtp.is_ours("carol"))
local connection = metadata { received_from = arg[4] }
if arg[5] then
  connection:set_meta(arg[5]:match("^(.-)=(.*)$"))
end
local login = called(cleansmtp.verify, arg[2], arg[3], io.read("a"), connection)
local message = metadata {}
for name, value in pairs(connection.values) do -- as KumoMTA does before smtp_server_message_received
  message.values[name] = value
end
message.values.authn_id = arg[3]
local bound = called(cleansmtp.bind, message)

-- What KumoMTA asks get_queue_config with is read back from the queue's name, CAMPAIGN:TENANT@DOMAIN: cut at the first @, then at the first colon.
local function queue_name()
  local campaign, tenant = message:get_meta "campaign", message:get_meta "tenant"
  return message:get_meta "queue" or ((campaign and campaign .. ":" or "") .. (tenant or "") .. "@remote.example")
end
local before = queue_name():match("^([^@]*)@")
local tenant = before:match("^[^:]*:(.*)$") or before
tenant = tenant ~= "" and tenant or nil
print(login, bound, tostring(tenant), tostring(cleansmtp.pool(tenant)))
