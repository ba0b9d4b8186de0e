-- dovecot.lua SCRIPT USER PROTOCOL [REMOTE_IP] - run a passdb script of Dovecot's under plain Lua.
--
-- Standard input is the password. Prints the name of the result and the fields or the words behind it, as Dovecot would
-- get them.

dovecot = { auth = {} }
for number, name in ipairs({ "OK", "PASSWORD_MISMATCH", "USER_UNKNOWN", "INTERNAL_FAILURE", "PASS_EXPIRED", "USER_DISABLED" }) do
  dovecot.auth["PASSDB_RESULT_" .. name] = number
end

local function name_of(result)
  for name, number in pairs(dovecot.auth) do
    if number == result then
      return (name:gsub("^PASSDB_RESULT_", ""))
    end
  end
  return "not a result: " .. tostring(result)
end

dofile(arg[1])
assert(script_init({}) == 0)
local request = { user = arg[2], protocol = arg[3], remote_ip = arg[4], secured = "TLS" }
local result, more = auth_password_verify(request, io.read("a"))
if type(more) == "table" then
  more = "user=" .. tostring(more.user)
end
print(name_of(result) .. "\t" .. tostring(more))
assert(auth_passdb_lookup(request) == dovecot.auth.PASSDB_RESULT_USER_UNKNOWN)
assert(auth_passdb_get_cache_key == nil)
script_deinit()
