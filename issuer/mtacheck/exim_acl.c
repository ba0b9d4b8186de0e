/*
 * exim_acl.c - our access control lists, line by line as the recipe prints them.
 *
 * Each line of them matters: without the first everybody's mail asks us, and waits; without an
 * attribute of the question a limit does not count. So they are compared as a whole, as
 * "exim -bP config" shows them: macros filled in, blanks as Exim likes them.
 */
#include "base/base.h"

#include "issuer/mtacheck/exim.h"

enum {
    EXCERPT_BEFORE = 20,
    EXCERPT_MAX = 60
};

/* A site with ordinary names that begin so may say more of our form behind it. */
#define NOT_OURS "accept condition = ${if !match{$authenticated_id}{" EXIM_OURS
#define QUESTION                                                                     \
 "}{request=smtpd_access_policy\\npolicy_context=lane\\nprotocol_state=$acl_arg1\\n" \
 "instance=$acl_m_clean_instance\\nqueue_id=$message_exim_id\\n"                     \
 "client_address=$sender_host_address\\nhelo_name=$sender_helo_name\\n"              \
 "sasl_username=$authenticated_id\\nsender=$sender_address\\n"                       \
 "recipient=${if eq{$acl_arg1}{RCPT}{$local_part@$domain}"                           \
 "{${if eq{$acl_arg1:$recipients_count}{END-OF-MESSAGE:1}{$recipients}}}}\\n"        \
 "recipient_count=${if eq{$acl_arg1}{END-OF-MESSAGE}{$recipients_count}{0}}\\n"      \
 "size=${if >{$message_size}{0}{$message_size}{0}}\\n\\n}{5s}{ }{}}"
#define ANSWER_WORDS "message = ${sg{$acl_m_clean_answer}{\\N^action=|\\s+$\\N}{}}"

/* As templates/mta/exim.txt has them. */
static const struct line {
    const char *acl, *begin;
    const char *
        end; /* behind a value of the site's own, which ends with the first '}'; NULL: there is none */
} lines[] = {
    {"acl clean_mail", NOT_OURS,                                                           "}}"    },
    {"acl clean_mail", "warn set acl_m_clean_instance = exim.$pid.$tod_epoch_l",           NULL    },
    {"acl clean_mail", "accept acl = clean_ask MAIL",                                      NULL    },
    {"acl clean_rcpt", NOT_OURS,                                                           "}}"    },
    {"acl clean_rcpt", "accept acl = clean_ask RCPT",                                      NULL    },
    {"acl clean_data", NOT_OURS,                                                           "}}"    },
    {"acl clean_data", "accept acl = clean_ask END-OF-MESSAGE",                            NULL    },
    {"acl clean_ask",  "warn set acl_m_clean_address =",                                   NULL    },
    {"acl clean_ask",  "set acl_m_clean_helo =",                                           NULL    },
    {"acl clean_ask",  "set acl_m_clean_answer = ${readsocket{",                           QUESTION},
    {"acl clean_ask",
     "warn condition = ${if !match{$acl_m_clean_answer}{\\N^action=\\N}}",                 NULL    },
    {"acl clean_ask",  "delay = 1s",                                                       NULL    },
    {"acl clean_ask",  "set acl_m_clean_answer = ${readsocket{",                           QUESTION},
    {"acl clean_ask",
     "deny condition = ${if match{$acl_m_clean_answer}{\\N^action=5\\d\\d \\N}}",          NULL    },
    {"acl clean_ask",  ANSWER_WORDS,                                                       NULL    },
    {"acl clean_ask",
     "defer condition = ${if match{$acl_m_clean_answer}{\\N^action=4\\d\\d \\N}}",         NULL    },
    {"acl clean_ask",  ANSWER_WORDS,                                                       NULL    },
    {"acl clean_ask",
     "warn set acl_m_clean_lane = ${if match{$acl_m_clean_answer}"
     "{\\N^action=FILTER ([^: ]+): *$\\N}{$1}{?}}",                                        NULL    },
    {"acl clean_ask",  "set " EXIM_ADDRESS " = ${extract{$acl_m_clean_lane}{",             "}}"    },
    {"acl clean_ask",  "set acl_m_clean_helo = ${extract{$acl_m_clean_lane}{",             "}}"    },
    {"acl clean_ask",  "defer condition = ${if !def:" EXIM_ADDRESS "}",                    NULL    },
    {"acl clean_ask",
     "message = 450 4.3.0 Temporary problem on our side, please send again later",         NULL    },
    {"acl clean_ask",
     "log_message = cleansmtp: no answer, or no address here for \"$acl_m_clean_answer\"",
     NULL                                                                                          },
    {"acl clean_ask",  "accept",                                                           NULL    },
};

static const struct mtacheck_rule changed = {
    "acl.changed", MTACHECK_LEAK,
    "our list is not as it was printed: messages may go unjudged, or nobody's may go",
    "paste the parts main and acl again, and keep what is yours in lists of your own"};

/* A long line around the place where it differs: rest is its end from there. */
static const char *excerpt(struct arena *mem, struct slice rest, const char *line)
{
    size_t place = rest.at != NULL ? strlen(line) - rest.len : 0;
    size_t from = place > EXCERPT_BEFORE ? place - EXCERPT_BEFORE : 0;

    return arena_slice(mem,
                       slice_take(slice_skip(slice_from(line), from), EXCERPT_MAX));
}

/* Is the line as it was printed? Else look->found and wanted show where it is not. */
static bool is_same(struct exim_look *look, const char *text, const struct line *line)
{
    struct slice found = slice_from(text);
    struct slice wanted = slice_from(line->begin);
    const char *piece = line->begin;
    bool is_matched = exim_match(&found, &wanted);

    if (is_matched && line->end != NULL) {
        ptrdiff_t brace = slice_find_byte(found, '}');
        found = slice_skip(found, brace < 0 ? found.len : (size_t)brace);
        piece = line->end;
        wanted = slice_from(piece);
        is_matched = exim_match(&found, &wanted);
    }
    if (is_matched && found.len == 0)
        return true;
    look->found = excerpt(look->mem, found, text);
    look->wanted = excerpt(look->mem, wanted, piece);
    return false;
}

/* From the line's list, the next one that runs; NULL: no more. */
static const char *next_running(const struct exim_look *look, const char *acl,
                                size_t *index)
{
    return exim_acl_line(look, acl, "", index);
}

/* The first line of a list that is not as printed. true: there is one. */
static bool is_changed(struct exim_look *look, const char *acl)
{
    size_t index = 0;

    look->found = look->wanted = NULL;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        if (strcmp(lines[i].acl, acl) != 0)
            continue;
        const char *running = next_running(look, acl, &index);
        if (running == NULL) {
            look->wanted = excerpt(look->mem, (struct slice){0}, lines[i].begin);
            return true;
        }
        if (!is_same(look, running, &lines[i]))
            return true;
    }
    look->found = next_running(look, acl, &index);
    return look->found != NULL;
}

void exim_check_acls(struct exim_look *look, struct mtacheck_findings *out)
{
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        const char *acl = lines[i].acl;
        size_t index = 0;
        bool is_first = i == 0 || strcmp(lines[i - 1].acl, acl) != 0;
        /* One that is not there at all is another finding. */
        if (is_first && next_running(look, acl, &index) != NULL &&
            is_changed(look, acl))
            mtacheck_report(out, (struct mtacheck_finding){&changed, acl, look->found,
                                                           look->wanted});
    }
}
