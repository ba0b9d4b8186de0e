/*
 * usage_window.c - recent messages in order of arrival, chained by login.
 *
 * Entries have numbers that only grow; the array holds those from `first` on. Each entry knows
 * the number of the one before it of the same login, and a small open-addressed table knows the
 * newest of each login. A number below `first` is gone and ends a chain.
 */
#include "base/base.h"

#include "auth/usage_window.h"

#include "base/alloc.h"

enum {
    ENTRIES_FIRST = 64
};

struct entry {
    int64_t seq, at;
    unsigned recipients;
    uint64_t previous; /* number of the entry before it of this login; 0: none */
    char username[USERNAME_LEN + 1];
    char instance[USAGE_INSTANCE_MAX + 1];
};

struct usage_window {
    struct entry *entries;
    size_t count, size;
    uint64_t first;  /* number of entries[0]; numbers begin at 1 */
    uint64_t *heads; /* newest entry of a login; 0: free; 2 * size places */
};

static size_t places(const struct usage_window *window)
{
    return 2 * window->size;
}

struct usage_window *usage_window_new(void)
{
    struct usage_window *window = xcalloc(1, sizeof *window);

    window->size = ENTRIES_FIRST;
    window->first = 1;
    window->entries = xcalloc(window->size, sizeof *window->entries);
    window->heads = xcalloc(places(window), sizeof *window->heads);
    return window;
}

void usage_window_free(struct usage_window *window)
{
    if (window == NULL)
        return;
    free(window->entries);
    free(window->heads);
    free(window);
}

static const struct entry *entry_at(const struct usage_window *window, uint64_t number)
{
    return &window->entries[number - window->first];
}

/* Usernames are ours and random: FNV-1a spreads them well enough. */
static size_t place_of(const struct usage_window *window, const char *username)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (const char *at = username; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    return (size_t)(hash ^ (hash >> 32)) % places(window);
}

/* Where the newest entry of the login is noted, or would be. Heads of gone entries do not exist:
 * the table is made anew whenever entries go. */
static uint64_t *find_head(const struct usage_window *window, const char *username)
{
    size_t place = place_of(window, username);

    while (window->heads[place] != 0 &&
           strcmp(entry_at(window, window->heads[place])->username, username) != 0)
        place = (place + 1) % places(window);
    return &window->heads[place];
}

static void chain_all(struct usage_window *window)
{
    free(window->heads);
    window->heads = xcalloc(places(window), sizeof *window->heads);
    for (size_t i = 0; i < window->count; i++) {
        uint64_t *head = find_head(window, window->entries[i].username);
        window->entries[i].previous = *head;
        *head = window->first + i;
    }
}

void usage_window_add(struct usage_window *window, const struct usage_line *line)
{
    if (line->kind != USAGE_MESSAGE)
        return;
    if (window->count == window->size) {
        window->size *= 2;
        window->entries = xreallocarray(window->entries, window->size,
                                        sizeof *window->entries);
        chain_all(window);
    }
    struct entry *entry = &window->entries[window->count];
    *entry = (struct entry){
        .seq = line->seq, .at = line->at, .recipients = line->recipients};
    memcpy(entry->username, line->username, sizeof entry->username);
    memcpy(entry->instance, line->instance, sizeof entry->instance);
    uint64_t *head = find_head(window, entry->username);
    entry->previous = *head;
    *head = window->first + window->count;
    window->count++;
}

void usage_window_take_back(struct usage_window *window, int64_t seq)
{
    size_t count = window->count;

    while (count > 0 && window->entries[count - 1].seq > seq)
        count--;
    if (count == window->count)
        return;
    window->count = count;
    chain_all(window);
}

void usage_window_forget(struct usage_window *window, int64_t taken_seq, int64_t now)
{
    size_t gone = 0;

    while (gone < window->count && window->entries[gone].seq <= taken_seq &&
           window->entries[gone].at <= now - USAGE_HOUR_S)
        gone++;
    if (gone == 0)
        return;
    window->count -= gone;
    window->first += gone;
    memmove(window->entries, window->entries + gone,
            window->count * sizeof *window->entries);
    chain_all(window);
}

struct usage_count usage_window_count(const struct usage_window *window,
                                      const char *username, const char *instance,
                                      int64_t taken_seq, int64_t now)
{
    struct usage_count count = {0};
    uint64_t number = *find_head(window, username);

    while (number != 0) {
        const struct entry *entry = entry_at(window, number);
        number = entry->previous;
        if (instance[0] != '\0' && strcmp(entry->instance, instance) == 0) {
            count.has_instance = true;
            count.is_taken = entry->seq <= taken_seq;
            count.own_recipients = entry->recipients;
            continue;
        }
        if (entry->seq > taken_seq) {
            count.not_taken++;
            count.recipients_not_taken += entry->recipients;
        }
        if (entry->at > now - USAGE_HOUR_S)
            count.last_hour++;
    }
    return count;
}
