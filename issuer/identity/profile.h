/*
 * profile.h - what a signed-in person changes about themselves: password, look, sessions.
 *
 * All of it is about one's own account, so it takes a session, not an actor with a right.
 */
#ifndef ISSUER_IDENTITY_PROFILE_H
#define ISSUER_IDENTITY_PROFILE_H

#include "issuer/identity/agent.h"

/* token: of the session that asks, as in agent.h; it stays. */
struct self {
    struct app *app;
    struct arena *mem;
    const struct agent *agent;
    struct slice token;
    const char *client;
};

/* A new password; ends all other sessions. ERROR_DENIED when the present one is wrong (agent_confirm). */
NODISCARD int profile_set_password(const struct self *self, struct slice present,
                                   struct slice password, struct error *err);
/* theme: "light", "dark", or "": as the device has it. zone: one that was loaded (base/timezone.h), or
 * "": the host's. */
NODISCARD int profile_set_look(const struct self *self, const char *theme,
                               const char *zone, struct error *err);
/* Those that work now, the one that asks first, then the last used. */
NODISCARD int profile_sessions(const struct self *self, struct session_line **out,
                               size_t *out_count, struct error *err);
NODISCARD int profile_end_others(const struct self *self, struct error *err);

#endif
