/*
 * classify.c - the first row that holds.
 *
 * A reply names a list by a word or a link that lists.tsv knows, or by a zone after "blocked
 * using" and the like. Such an unknown zone is reported, and never public: nobody here has read
 * what its answers mean.
 */
#include "base/base.h"

#include "issuer/bounce/classify.h"

#include "base/limits.h"

enum {
    REPLY_MAX = 8 * 1024
};

/* Mailboxes in angle brackets as "<@>". */
static struct slice without_mailboxes(struct arena *mem, struct slice reply)
{
    char *out = arena_slice(mem, reply);
    size_t len = 0;
    size_t open = SIZE_MAX;
    bool has_at = false;
    for (size_t i = 0; i < reply.len; i++) {
        char c = reply.at[i];
        out[len++] = c;
        if (c == '<') {
            open = len;
            has_at = false;
        } else if (c == ' ') {
            open = SIZE_MAX;
        } else if (c == '@') {
            has_at = true;
        } else if (c == '>' && open != SIZE_MAX && has_at) {
            len = open;
            out[len++] = '@';
            out[len++] = '>';
            open = SIZE_MAX;
        }
    }
    return slice_of(out, len);
}

/* Is it part of a mailbox without brackets? */
static bool is_mailbox_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("._%+-", c) != NULL);
}

/* Mailboxes without brackets as "@". */
static struct slice without_bare_mailboxes(struct arena *mem, struct slice reply)
{
    char *out = arena_alloc(mem, reply.len + 1);
    size_t len = 0;
    size_t i = 0;
    while (i < reply.len) {
        if (reply.at[i] == '@') {
            while (len > 0 && is_mailbox_byte(out[len - 1])) {
                len--;
            }
            out[len++] = '@';
            i++;
            while (i < reply.len && is_mailbox_byte(reply.at[i])) {
                i++;
            }
        } else {
            out[len++] = reply.at[i++];
        }
    }
    return slice_of(out, len);
}

/* The first row found in the reply; with only_private, of the private ones. */
static const struct list_row *find_list(const struct rules *rules, struct slice reply,
                                        bool only_private, struct slice *out_matched)
{
    for (size_t i = 0; i < rules->list_count; i++) {
        struct pattern_match match;
        bool is_wanted = !only_private || rules->lists[i].kind == LIST_PRIVATE;
        if (is_wanted && pattern_find(rules->lists[i].pattern, reply, 0, &match)) {
            *out_matched = match.group[0];
            return &rules->lists[i];
        }
    }
    return NULL;
}

static bool is_zone_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '_' || c == '.';
}

/* A zone at the start: two labels at least, the last one letters only. */
static struct slice take_zone(struct slice text)
{
    size_t len = 0;
    while (len < text.len && is_zone_byte(text.at[len])) {
        len++;
    }
    while (len > 0 && text.at[len - 1] == '.') {
        len--;
    }
    size_t top = len;
    while (top > 0 && text.at[top - 1] != '.') {
        char c = (char)(text.at[top - 1] | 0x20);
        if (c < 'a' || c > 'z') {
            return SLICE("");
        }
        top--;
    }
    bool is_zone = top > 1 && len - top >= 2 && len <= DOMAIN_MAX;
    return is_zone ? slice_take(text, len) : SLICE("");
}

static const char *lower_copy(struct arena *mem, struct slice text)
{
    char *copy = arena_slice(mem, text);
    for (size_t i = 0; i < text.len; i++) {
        if (copy[i] >= 'A' && copy[i] <= 'Z') {
            copy[i] = (char)(copy[i] | 0x20);
        }
    }
    return copy;
}

/* The zone a reply names in its own words; NULL: none. */
static const char *spelt_zone(struct arena *mem, struct slice reply)
{
    static const char *const before[] = {
        "blocked using ",    "blacklisted by ", "blacklisted at ", "blacklisted on ",
        "listed at ",        "listed by ",      "listed in ",      "listed on ",
        "black list at ",    "blacklist at ",   "block list at ",  "an RBL on ",
        "DNS blacklist at ", "found in ",       "blocked by ",     "rejected by ",
        "blacklist ",        "blocked at "};
    for (size_t i = 0; i < ARRAY_LEN(before); i++) {
        struct slice words = slice_from(before[i]);
        ptrdiff_t at = slice_find_nocase(reply, words);
        if (at < 0) {
            continue;
        }
        struct slice zone = take_zone(slice_skip(reply, (size_t)at + words.len));
        if (zone.len > 0) {
            return lower_copy(mem, zone);
        }
    }
    return NULL;
}

/* "blocked by NAME DNSBL": a list without a zone is its owner's own. */
static const char *spelt_owner(struct arena *mem, struct slice reply)
{
    static const char *const behind[] = {" DNSBL", " RBL"};
    for (size_t i = 0; i < ARRAY_LEN(behind); i++) {
        ptrdiff_t at = slice_find_nocase(reply, slice_from(behind[i]));
        size_t end = at < 0 ? 0 : (size_t)at;
        size_t start = end;
        while (start > 0 && is_zone_byte(reply.at[start - 1])) {
            start--;
        }
        struct slice name = slice_of(reply.at + start, end - start);
        bool is_name = name.len >= 3 && name.len <= 40 &&
                       !slice_is_nocase(name, "the") && !slice_is_nocase(name, "our") &&
                       !slice_is_nocase(name, "more");
        if (is_name) {
            return arena_printf(mem, "private:%s", lower_copy(mem, name));
        }
    }
    return NULL;
}

/* "bl.spamcop.net.evil.example" is a name in somebody else's zone, whatever list it begins with. */
static bool is_other_zone(struct arena *mem, struct slice reply,
                          const struct list_row *list)
{
    const char *spelt = spelt_zone(mem, reply);
    size_t len = strlen(list->name);

    return spelt != NULL && strncmp(spelt, list->name, len) == 0 && spelt[len] == '.';
}

static bool names_address(struct slice reply)
{
    size_t dots = 0;
    bool digit_before = false;
    for (size_t i = 0; i < reply.len; i++) {
        char c = reply.at[i];
        bool is_digit = c >= '0' && c <= '9';
        if (!is_digit && !(c == '.' && digit_before)) {
            dots = 0;
        } else if (c == '.') {
            dots++;
        } else if (dots == 3) {
            return true;
        }
        digit_before = is_digit;
    }
    return slice_find(reply, SLICE("::")) >= 0;
}

static bool need_holds(enum rule_need need, const struct list_row *list,
                       struct slice reply)
{
    switch (need) {
    case NEED_NOTHING: return true;
    case NEED_LIST:
        return list != NULL &&
               (list->kind == LIST_ADDRESS || list->kind == LIST_WIDE ||
                list->kind == LIST_POLICY || list->kind == LIST_PRIVATE);
    case NEED_DOMAIN_LIST: return list != NULL && list->kind == LIST_DOMAIN;
    case NEED_GEO_LIST: return list != NULL && list->kind == LIST_GEO;
    case NEED_ADDRESS: return names_address(reply);
    case RULE_NEED_COUNT: break;
    }
    return false;
}

static void name_list(struct arena *mem, struct slice reply, struct finding *out)
{
    if (out->list != NULL) {
        out->list_name = out->list->name;
        return;
    }
    out->list_name = spelt_zone(mem, reply);
    if (out->list_name == NULL) {
        out->list_name = spelt_owner(mem, reply);
    }
}

void classify_reply(const struct rules *rules, struct arena *mem, struct slice reply,
                    struct finding *out)
{
    *out = (struct finding){.class = CLASS_OTHER};
    reply = without_mailboxes(mem, slice_take(reply, REPLY_MAX));
    /* who writes to somebody at a list's own domain is not on the list, but the mailbox of a
     * private list's owner says whose it is */
    struct slice words = without_bare_mailboxes(mem, reply);
    out->list = find_list(rules, words, false, &out->list_matched);
    if (out->list == NULL) {
        out->list = find_list(rules, reply, true, &out->list_matched);
    }
    if (out->list != NULL && is_other_zone(mem, reply, out->list)) {
        out->list = NULL;
    }
    for (size_t i = 0; i < rules->rule_count && out->rule == NULL; i++) {
        const struct rule_row *rule = &rules->rules[i];
        struct pattern_match match;
        if (need_holds(rule->need, out->list, reply) &&
            pattern_find(rule->pattern, reply, 0, &match)) {
            out->rule = rule;
            out->rule_matched = match.group[0];
        }
    }
    if (out->rule == NULL) {
        return;
    }
    bool is_by_list = out->rule->need == NEED_LIST ||
                      out->rule->need == NEED_DOMAIN_LIST ||
                      out->rule->need == NEED_GEO_LIST;
    if (is_by_list) {
        out->rule_matched = out->list_matched; /* its own pattern may be "." */
    }
    out->class = out->rule->class;
    out->ip_block = out->rule->ip_block;
    if (out->rule->is_block) {
        name_list(mem, reply, out);
        bool is_private = out->list != NULL
                              ? out->list->kind == LIST_PRIVATE
                              : out->list_name == NULL ||
                                    strncmp(out->list_name, "private:", 8) == 0;
        out->class = is_private ? CLASS_PRIVATE : CLASS_DNSBL;
    } else if (out->class == CLASS_DOMAIN) {
        name_list(mem, reply, out);
    }
}

bool finding_is_public(const struct finding *finding)
{
    return finding->class == CLASS_DNSBL && finding->ip_block == IP_BLOCK_YES &&
           finding->list != NULL && finding->list->kind == LIST_ADDRESS &&
           finding->list->is_alive;
}
