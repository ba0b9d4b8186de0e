/*
 * test_config.c - the configuration file.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/config.h"
#include "base/config_value.h"
#include "base/embed.h"
#include "base/file.h"

static char folder[] = "/tmp/cleansmtp-config-XXXXXX";
static char path[64];

static int load(const char *text, struct config **out, struct error *err)
{
    assert_int_equal(file_write(path, slice_from(text), 0600, err), 0);
    return config_load(path, out, err);
}

static void an_empty_file_gives_the_defaults(void **state UNUSED)
{
    struct config *c = NULL;
    struct error err = {0};

    assert_int_equal(load("", &c, &err), 0);
    assert_string_equal(c->path, path);
    assert_string_equal(c->state_dir, "/var/lib/cleansmtp");
    assert_string_equal(c->database, "/var/lib/cleansmtp/cleansmtp.db");
    assert_string_equal(c->timezone, "UTC");
    assert_string_equal(c->brand.name, "Mail hosting");
    assert_string_equal(c->submission.realm, c->submission.host);
    assert_int_equal(c->submission.port, 465);
    assert_int_equal(c->dns.servers.count, 1);
    assert_string_equal(c->dns.servers.at[0], "127.0.0.1");
    assert_int_equal(c->dns.timeout_s, 3);
    assert_int_equal(c->zones.use.count, 1);
    assert_string_equal(c->zones.use.at[0], "bl.spamcop.net");
    assert_int_equal(c->policy.lease_default_s, 86400);
    assert_false(c->policy.console_reveal);
    assert_int_equal(c->policy.recipients_max, 300);
    assert_int_equal(c->policy.recipients_per_message, 50);
    assert_int_equal(c->policy.message_size_max, 25 << 20);
    assert_int_equal(c->policy.log_proof, CONFIG_LOG_PROOF_PREFERRED);
    assert_string_equal(c->mta_log.file, "");
    assert_int_equal(c->mta_log.format, CONFIG_LOG_POSTFIX);
    assert_int_equal(c->mta_log.keep_s, 30 * 86400);
    assert_string_equal(c->auth.dovecot, "/run/cleansmtp/auth");
    assert_string_equal(c->auth.policy, "/run/cleansmtp/policy");
    assert_string_equal(c->auth.socketmap, "/run/cleansmtp/socketmap");
    assert_string_equal(c->auth.saslauthd, ""); /* off unless it is named */
    assert_string_equal(c->auth.nginx, "");     /* and so is this one */
    assert_string_equal(c->auth.nginx_address, "");
    assert_string_equal(c->auth.group, "");
    assert_int_equal(c->auth.peer, CONFIG_PEER_POSTFIX);
    assert_int_equal(c->auth.failure_delay_ms, 500);
    assert_non_null(strstr(c->bounce_program, "cleansmtp-bounce"));
    config_free(c);
    config_free(NULL);
}

static void the_whole_file_of_the_manual_loads(void **state UNUSED)
{
    static const char text[] =
        "state_dir   = \"/var/lib/cleansmtp\"\n"
        "runtime_dir = \"/run/cleansmtp\"\n"
        "database    = \"sqlite:/var/lib/cleansmtp/cleansmtp.db\"\n"
        "console    { listen = \"127.0.0.1:8025\"  url = \"http://127.0.0.1:8025\" }\n"
        "customer   { listen = \"127.0.0.1:8026\"  url = \"http://127.0.0.1:8026\" }\n"
        "submission { host = \"clean.mail.example\"  port = 465  starttls_port = 587  realm = \"clean.mail.example\" }\n"
        "dns        { servers = { \"127.0.0.1\" }  port = 53  timeout = \"3s\" }\n"
        "zones      { use = { \"bl.spamcop.net\", \"zen.spamhaus.org\" } }\n"
        "policy     { lease_default = \"24h\"  lease_max = \"72h\"  messages_max = 100  messages_per_hour = 50\n"
        "             link_valid = \"2h\"  proof = \"mailbox\"  console_reveal = no  log_proof = off }\n"
        "mta_log    { file = \"/var/log/mail.log\"  format = \"exim\" keep = \"7d\" }\n"
        "auth       { dovecot = \"/run/cleansmtp/auth\"  verify = \"/run/cleansmtp/verify\"  policy = \"/run/cleansmtp/policy\"\n"
        "             socketmap = \"/run/cleansmtp/socketmap\"  saslauthd = \"/run/cleansmtp/mux\"  peer = \"postfix\"\n"
        "             nginx = \"/run/cleansmtp/nginx\"  nginx_upstream = \"[2001:DB8::1]:10587\" }\n";
    struct config *c = NULL;
    struct error err = {0};

    if (load(text, &c, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(c->database, "/var/lib/cleansmtp/cleansmtp.db");
    assert_int_equal(c->zones.use.count, 2);
    assert_string_equal(c->zones.use.at[1], "zen.spamhaus.org");
    assert_int_equal(c->policy.lease_max_s, 72 * 3600);
    assert_int_equal(c->policy.log_proof, CONFIG_LOG_PROOF_OFF);
    assert_string_equal(c->mta_log.file, "/var/log/mail.log");
    assert_int_equal(c->mta_log.format, CONFIG_LOG_EXIM);
    assert_int_equal(c->mta_log.keep_s, 7 * 86400);
    assert_string_equal(c->auth.saslauthd, "/run/cleansmtp/mux");
    assert_string_equal(c->auth.nginx, "/run/cleansmtp/nginx");
    assert_string_equal(c->auth.nginx_address, "2001:db8::1");
    assert_int_equal(c->auth.nginx_port, 10587);
    config_free(c);
}

static void what_follows_from_other_options_is_filled_in(void **state UNUSED)
{
    struct config *c = NULL;
    struct error err = {0};

    assert_int_equal(
        load("state_dir = \"/s\"\nruntime_dir = \"/r\"\n"
             "submission { host = \"h.example\" }\n"
             "auth { verify = \"\" peer = \"exim\" failure_delay = \"2s\" }\n"
             "bounce_program = \"/b\"\n",
             &c, &err),
        0);
    assert_string_equal(c->database, "/s/cleansmtp.db");
    assert_string_equal(c->submission.realm, "h.example");
    assert_string_equal(c->submission.canary, "postmaster@h.example");
    assert_string_equal(c->auth.dovecot, "/r/auth");
    assert_string_equal(c->auth.verify, ""); /* switched off */
    assert_int_equal(c->auth.peer, CONFIG_PEER_EXIM);
    assert_int_equal(c->auth.failure_delay_ms, 2000);
    assert_string_equal(c->bounce_program, "/b");
    config_free(c);
}

static const struct {
    const char *text, *want; /* what follows "path:" */
} mistakes[] = {
    {"\nnonsense = 1\n",                                                                     "2: no such option 'nonsense'"                 },
    {"\ndns {\n prot = 1 }\n",                                                               "3: no such option 'prot'"                     },
    {"timezone = \"UTC\n",                                                                   "1: the file ends too early"                   },
    {"console {\n listen = \"127.0.0.1:1\"\n",                                               "2: section \"console\" is not closed"         },
    {"zones {\n zone \"a.example\" { codes = { x }\n}\n",
     "3: section \"zones\" is not closed"                                                                                                   },
    {"zones { zone \"a.example\" { codes = { x }",                                           "1: section \"zone\" is not closed"            },
    {"dns { servers = { \"127.0.0.1\"",                                                      "1: section \"dns\" is not closed"             },
    {"dns { servers = { \"127.0.0.1\",",                                                     "1: section \"dns\" is not closed"             },
    {"timezone = UTC\ntimezone =",                                                           "2: the file ends too early"                   },
    {"console",                                                                              "1: the file ends too early"                   },
    {"zones { zone \"a.example\"",                                                           "1: section \"zones\" is not closed"           },
    {"timezone = UTC\n/* brand {\n}\n",                                                      "3: a comment is not closed"                   },
    {"--end--()\n/* brand {\n}\n",                                                           "1: no such option '--end--'"                  },
    {"brand { name = \"a}\" /* } */ # }\n",                                                  "1: section \"brand\" is not closed"           },
    {"console { listen = \"127.0.0.1:1\" } }\n",                                             "1: unexpected closing brace"                  },
    {"\"\" = 1\n",                                                                           "1: "                                          },
    {"policy { lease_max = \"12x\" }",                                                       "1: policy.lease_max \"12x\" is not a duration"},
    {"policy {\n lease_default = \"100h\" }",
     "2: policy.lease_default must not exceed"                                                                                              },
    {"\n\npolicy { log_proof = maybe }",                                                     "3: policy.log_proof cannot be \"maybe\""      },
    {"mta_log { keep = 23h }",                                                               "1: mta_log.keep must be at least 1d"          },
    {"mta_log { format = qmail }",                                                           "1: mta_log.format cannot be \"qmail\""        },
    {"policy { messages_max = 0 }",                                                          "1: policy.messages_max must be from 1"        },
    {"policy { recipients_max = 0 }",                                                        "1: policy.recipients_max must be from 1"      },
    {"policy { recipients_per_message = 100001 }",
     "1: policy.recipients_per_message must be from 1"                                                                                      },
    {"policy { message_size_max = \"25 MB\" }",
     "1: policy.message_size_max is not a size such as 25M"                                                                                 },
    {"policy { message_size_max = 9K }",
     "1: policy.message_size_max must be at least 10240"                                                                                    },
    {"policy { console_reveal = 7 }",                                                        "1: "                                          },
    {"submission { port = 65536 }",                                                          "1: submission.port must be from 1 to 65535"   },
    {"submission { host = \"a b\" }",                                                        "1: submission.host must be a host name"       },
    {"submission { canary = \"x\" }",                                                        "1: submission.canary must be a mailbox"       },
    {"submission { port = \"x\" }",                                                          "1: "                                          },
    {"dns { servers = { \"127.0.0.1\", \"ns.example\" } }",                                  "1: dns.servers must be"                       },
    {"dns { timeout = \"31s\" }",                                                            "1: dns.timeout must be at most"               },
    {"zones { use = { \"BL.example\" } }",                                                   "1: zones.use must be names"                   },
    {"zones {\n zone \"BL.example\" { codes = { \"127.0.0.2=x\" } } }",
     "2: zone \"BL.example\": its name must be"                                                                                             },
    {"zones {\n\n zone \"bl.example\" { title = \"x\" } }",
     "3: zone \"bl.example\": codes must have 1 to 32"                                                                                      },
    {"zones { zone \"a.example\" { codes = { x } }\nzone \"a.example\" { codes = { x } } }",
     "2: "                                                                                                                                  },
    {"zones { zone \"a.example\" { codes = { x } title = a\ntitle = b } }",
     "2: \"title\" stands twice, first in line 1"                                                                                           },
    {"zones { zone \"a.example\" { colour = x } }",                                          "1: no such option 'colour'"                   },
    {"zones {\nkey \"zen.dq.example\" { file = \"dqs\" } }",
     "2: key \"zen.dq.example\": file must be an absolute path"                                                                             },
    {"zones { key \"zen.dq.example\" { } }",
     "1: key \"zen.dq.example\": file must be an absolute path"                                                                             },
    {"zones { key \"dq\" { file = \"/k\" } }",                                               "1: key \"dq\": its name must be"              },
    {"zones { check_every = \"25h\" }",                                                      "1: zones.check_every must be from 1s to 24h"  },
    {"zones { check_every = \"often\" }",                                                    "1: zones.check_every \"often\" is not"        },
    {"zones { questions_per_second = 3 }",
     "1: zones.questions_per_second must be from 4"                                                                                         },
    {"zones { use = { } }",                                                                  "1: zones.use must have 1 to 32"               },
    {"console { listen = \"8025\" }",                                                        "1: console.listen must be an address"         },
    {"customer { url = \"ftp://a.example\" }",                                               "1: customer.url must be http"                 },
    {"database = \"pgsql:host=x\"",                                                          "1: database must start with"                  },
    {"database = \"sqlite:x.db\"",                                                           "1: database must be an absolute path"         },
    {"state_dir = \"var\"",                                                                  "1: state_dir must be an absolute path"        },
    {"runtime_dir = \"\"",                                                                   "1: runtime_dir must not be empty"             },
    {"auth { failure_delay = \"6s\" }",                                                      "1: auth.failure_delay must be at most"        },
    {"auth { nginx = \"run/nginx\" }",                                                       "1: auth.nginx must be an absolute path"       },
    {"auth { nginx = \"/run/nginx\" }",                                                      "1: auth.nginx needs auth.nginx_upstream"      },
    {"auth { nginx_upstream = \"localhost:587\" }",
     "1: auth.nginx_upstream must be an address"                                                                                            },
    {"auth { nginx_upstream = \"127.0.0.1\" }",
     "1: auth.nginx_upstream must be an address"                                                                                            },
    {"auth { nginx_upstream = \"127.0.0.1:0\" }",
     "1: auth.nginx_upstream must be an address"                                                                                            },
    {"auth { nginx_upstream = \"127.0.0.1:65536\" }",
     "1: auth.nginx_upstream must be an address"                                                                                            },
    {"auth { nginx_upstream = \"::1:587\" }",
     "1: auth.nginx_upstream must be an address"                                                                                            },
    {"auth { nginx_upstream = \"[127.0.0.1]:587\" }",
     "1: auth.nginx_upstream must be an address"                                                                                            },
    {"auth { nginx_upstream = \"[::1]\" }",
     "1: auth.nginx_upstream must be an address"                                                                                            },
    {"auth { nginx_upstream = \":587\" }",                                                   "1: auth.nginx_upstream must be an address"    },
    {"auth { socketmap = \"x\" }",                                                           "1: auth.socketmap must be an absolute path"   },
    {"timezone = \"../../etc/passwd\"",                                                      "1: timezone must be a name"                   },
    {"brand { name = \"\" }",                                                                "1: brand.name must be text"                   },
    {"timezone = UTC\ntimezone = UTC\n",
     "2: \"timezone\" stands twice, first in line 1"                                                                                        },
    {"dns { port = 53 }\ndns { timeout = \"2s\" }\n",                                        "2: \"dns\" stands twice"                      },
};

static void mistakes_are_named_with_file_and_line(void **state UNUSED)
{
    char want[200];

    for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
        struct config *c = NULL;
        struct error err = {0};
        int result = load(mistakes[i].text, &c, &err);
        (void)snprintf(want, sizeof want, "%s:%s", path, mistakes[i].want);
        if (result != -1 || err.kind != ERROR_INVALID || c != NULL ||
            strncmp(err.text, want, strlen(want)) != 0)
            fail_msg("%s: \"%s\" instead of \"%s\"", mistakes[i].text, err.text, want);
    }
}

static void lists_and_keys_of_the_file_are_read(void **state UNUSED)
{
    struct config *c = NULL;
    struct error err = {0};
    struct strbuf out;

    if (load(
            "zones {\n"
            "  zone \"a.example\" { codes = { \"127.0.0.2=spam\", \"127.0.0.3=worm\" }\n"
            "    title = \"A\" lookup_url = \"https://a.example/{ip}\" clears = \"6h\"\n"
            "    expiry = \"clears\" may_grant = yes }\n"
            "  zone \"b.example\" { codes = { x } test_points = no }\n"
            "  key \"k.example\" { file = \"/etc/k\" }\n"
            "}\n",
            &c, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(c->zones.defined_count, 2);
    const struct config_zone *a = &c->zones.defined[0];
    assert_string_equal(a->name, "a.example");
    assert_string_equal(a->title, "A");
    assert_int_equal(a->codes.count, 2);
    assert_string_equal(a->codes.at[1], "127.0.0.3=worm");
    assert_string_equal(a->lookup_url, "https://a.example/{ip}");
    assert_string_equal(a->clears, "6h");
    assert_string_equal(a->expiry, "clears");
    assert_true(a->may_grant && a->has_test_points);
    assert_int_equal(a->line, 2);
    const struct config_zone *b = &c->zones.defined[1];
    assert_string_equal(b->title, "");
    assert_string_equal(b->clears, "?");
    assert_false(b->may_grant || b->has_test_points);
    assert_int_equal(b->line, 5);
    assert_int_equal(c->zones.keys_count, 1);
    assert_string_equal(c->zones.keys[0].zone, "k.example");
    assert_string_equal(c->zones.keys[0].file, "/etc/k");
    assert_int_equal(c->zones.keys[0].line, 6);
    strbuf_init(&out, 65536);
    config_show(c, &out);
    assert_non_null(strstr(out.at, "zone \"a.example\".title = \"A\"\n"));
    assert_non_null(strstr(out.at, "zone \"b.example\".test_points = no\n"));
    assert_non_null(strstr(out.at, "zone \"b.example\".clears = \"?\" # default\n"));
    assert_non_null(strstr(out.at, "key \"k.example\".file = \"/etc/k\"\n"));
    strbuf_release(&out);
    config_free(c);
}

static void a_file_of_too_many_options_is_refused(void **state UNUSED)
{
    struct config *c = NULL;
    struct error err = {0};
    struct strbuf text;

    strbuf_init(&text, 65536);
    strbuf_puts(&text, "zones {\n");
    for (int i = 0; i < 300; i++)
        strbuf_printf(&text, "zone \"z%d.example\" { codes = { x } }\n", i);
    strbuf_puts(&text, "}\n");
    assert_int_equal(load(text.at, &c, &err), -1);
    assert_non_null(strstr(err.text, "more than 512 options"));
    strbuf_reset(&text);
    strbuf_puts(&text, "zones {\n");
    for (int i = 0; i < 33; i++)
        strbuf_printf(&text, "zone \"z%d.example\" { codes = { x } }\n", i);
    strbuf_puts(&text, "}\n");
    assert_int_equal(load(text.at, &c, &err), -1);
    assert_non_null(strstr(err.text, "at most 32 zones"));
    strbuf_release(&text);
}

static void what_is_no_configuration_file_is_refused(void **state UNUSED)
{
    struct config *c = NULL;
    struct error err = {0};

    assert_int_equal(config_load("/nonexistent/cleansmtp.conf", &c, &err), -1);
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_non_null(strstr(err.text, "cleansmtp init"));
    /* libconfuse's scanner would end the process here. */
    assert_int_equal(config_load(folder, &c, &err), -1);
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    assert_int_equal(file_write(path, SLICE("timezone = \"U\0TC\""), 0600, &err), 0);
    assert_int_equal(config_load(path, &c, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_null(c);
}

static void show_says_every_option_and_marks_defaults(void **state UNUSED)
{
    struct config *c = NULL;
    struct error err = {0};
    struct strbuf out;

    assert_int_equal(load("brand { name = \"a \\\"b\\\" \\\\ c\" }\n"
                          "dns { servers = { \"192.0.2.53\", \"2001:db8::53\" } }\n",
                          &c, &err),
                     0);
    strbuf_init(&out, 65536);
    config_show(c, &out);
    assert_non_null(strstr(out.at, "brand.name = \"a \\\"b\\\" \\\\ c\"\n"));
    assert_non_null(strstr(out.at, "dns.servers = \"192.0.2.53\" \"2001:db8::53\"\n"));
    assert_non_null(
        strstr(out.at, "auth.dovecot = \"/run/cleansmtp/auth\" # default\n"));
    assert_non_null(strstr(out.at, "submission.port = 465 # default\n"));
    assert_non_null(strstr(out.at, "policy.console_reveal = no # default\n"));
    /* What was read counts, not what the file says by now. */
    char *before = strdup(out.at);
    assert_non_null(before);
    strbuf_reset(&out);
    unlink(path);
    config_show(c, &out);
    assert_string_equal(out.at, before);
    free(before);
    strbuf_release(&out);
    config_free(c);
}

static const struct config_option *option_of(const struct config *c, const char *name)
{
    for (size_t i = 0; i < c->options_count; i++)
        if (strcmp(c->options[i].name, name) == 0)
            return &c->options[i];
    print_error("there is no %s\n", name);
    abort();
}

static void an_option_has_its_value_its_default_and_its_line(void **state UNUSED)
{
    static const struct {
        const char *name, *manual, *value, *standard;
        int line;
    } rows[] = {
        {"timezone",                  "timezone",              "\"UTC\"",                       "\"UTC\"",       0},
        {"policy.lease_max",          "policy.lease_max",      "\"48h\"",                       "\"72h\"",       2},
        {"policy.messages_max",       "policy.messages_max",   "100",                           "100",           0},
        {"policy.console_reveal",     "policy.console_reveal", "yes",                           "no",            3},
        {"languages",                 "languages",             "\"de\"",                        "\"en\" \"de\"", 1},
        {"submission.realm",          "submission.realm",      "\"a.example\"",                 NULL,            0},
        {"auth.verify",               "auth.verify",           "\"/v\"",                        NULL,            6},
        {"zone \"a.example\".codes",  "zone.codes",            "\"127.0.0.2=x\" \"127.0.0.3\"", "",
         7                                                                                                        },
        {"zone \"a.example\".clears", "zone.clears",           "\"?\"",                         "\"?\"",         0},
        {"key \"k.example\".file",    "key.file",              "\"/k\"",                        "\"\"",          8},
    };
    struct config *c = NULL;
    struct error err = {0};

    if (load(
            "languages = { \"de\" }\n"
            "policy { lease_max = \"48h\"\n"
            "console_reveal = yes }\n"
            "submission {\n"
            "host = \"a.example\" }\n"
            "auth { verify = \"/v\" }\n"
            "zones { zone \"a.example\" { codes = { \"127.0.0.2=x\", \"127.0.0.3\" } }\n"
            "key \"k.example\" { file = \"/k\" } }\n",
            &c, &err) != 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct config_option *o = option_of(c, rows[i].name);
        assert_string_equal(o->manual, rows[i].manual);
        assert_string_equal(o->value, rows[i].value);
        if (rows[i].standard == NULL)
            assert_null(o->standard);
        else
            assert_string_equal(o->standard, rows[i].standard);
        if (o->line != rows[i].line)
            fail_msg("%s: line %d", o->name, o->line);
    }
    config_free(c);
}

static void the_option_comes_before_the_environment(void **state UNUSED)
{
    /* NOLINTBEGIN(concurrency-mt-unsafe) */
    unsetenv("CLEANSMTP_CONFIG");
    assert_string_equal(config_path(NULL), CONFIG_DEFAULT_PATH);
    setenv("CLEANSMTP_CONFIG", "/e", 1);
    assert_string_equal(config_path(NULL), "/e");
    assert_string_equal(config_path("/o"), "/o");
    unsetenv("CLEANSMTP_CONFIG");
    /* NOLINTEND(concurrency-mt-unsafe) */
}

static void an_embedded_file_is_found_by_its_whole_name(void **state UNUSED)
{
    static const char text[] = "onetwo";
    const struct embedded table[] = {
        {"a/one", text,     text + 3},
        {"a/two", text + 3, text + 6},
    };

    assert_true(slice_is(embedded_find(table, 2, "a/two"), "two"));
    assert_null(embedded_find(table, 2, "a").at);
}

static int make_folder(void **state UNUSED)
{
    if (mkdtemp(folder) == NULL)
        return -1;
    return snprintf(path, sizeof path, "%s/c", folder) > 0 ? 0 : -1;
}

static int remove_folder(void **state UNUSED)
{
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_gives_the_defaults),
        cmocka_unit_test(the_whole_file_of_the_manual_loads),
        cmocka_unit_test(what_follows_from_other_options_is_filled_in),
        cmocka_unit_test(mistakes_are_named_with_file_and_line),
        cmocka_unit_test(lists_and_keys_of_the_file_are_read),
        cmocka_unit_test(a_file_of_too_many_options_is_refused),
        cmocka_unit_test(what_is_no_configuration_file_is_refused),
        cmocka_unit_test(show_says_every_option_and_marks_defaults),
        cmocka_unit_test(an_option_has_its_value_its_default_and_its_line),
        cmocka_unit_test(the_option_comes_before_the_environment),
        cmocka_unit_test(an_embedded_file_is_found_by_its_whole_name),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
