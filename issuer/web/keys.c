/*
 * keys.c - the list of keys; templates/static/keys.js does what it says.
 */
#include "base/base.h"

#include "issuer/web/pages.h"
#include "issuer/web/speak.h"

int page_keys(struct page *page, struct error *err)
{
    static const struct {
        const char *key, *does;
    } rows[] = {
        {"Ctrl+Enter", "console.keys.main"     },
        {"n",          "console.keys.paste"    },
        {"/",          "console.keys.search"   },
        {"j, k",       "console.keys.row"      },
        {"Enter",      "console.keys.open"     },
        {"y",          "console.keys.copy"     },
        {"g t",        "console.keys.today"    },
        {"g c",        "console.keys.cases"    },
        {"g l",        "console.keys.leases"   },
        {"g p",        "console.keys.pool"     },
        {"g i",        "console.keys.listings" },
        {"g a",        "console.keys.approvals"},
        {"g u",        "console.keys.audit"    },
        {"g s",        "console.keys.settings" },
        {"Esc",        "console.keys.leave"    },
        {"?",          "console.keys.list"     },
    };
    json_t *list = json_array();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *row = json_object();
        view_text(row, "key", rows[i].key);
        view_text(row, "does", speak(page, rows[i].does));
        json_array_append_new(list, row);
    }
    view_take(page->view, "keys", list);
    return page_show(page,
                     &(struct page_name){.template = "html/keys.html",
                                         .title = speak(page, "console.keys.title"),
                                         .section = "",
                                         .status = 200},
                     err);
}
