/*
 * notify.h - tell systemd that we are ready (sd_notify(3), without libsystemd).
 */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

/* "READY=1", "STOPPING=1", …; nothing happens without NOTIFY_SOCKET. */
void notify_state(const char *state);

#endif
