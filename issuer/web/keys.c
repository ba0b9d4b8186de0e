/*
 * keys.c - the list of keys; templates/static/keys.js does what it says.
 */
#include "base/base.h"

#include "issuer/web/pages.h"

int page_keys(struct page *page, struct error *err)
{
    static const struct {
        const char *key, *does;
    } rows[] = {
        {"Ctrl+Enter", "the main button; in fields, too"},
        {"n",          "paste a new bounce"             },
        {"/",          "search"                         },
        {"j, k",       "next row, previous row"         },
        {"Enter",      "open the row"                   },
        {"y",          "copy the reply"                 },
        {"g t",        "today"                          },
        {"g c",        "cases"                          },
        {"g l",        "leases"                         },
        {"g p",        "pool"                           },
        {"g i",        "listings"                       },
        {"g a",        "audit"                          },
        {"g s",        "settings"                       },
        {"Esc",        "leave the field"                },
        {"?",          "this list"                      },
    };
    json_t *list = json_array();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *row = json_object();
        view_text(row, "key", rows[i].key);
        view_text(row, "does", rows[i].does);
        json_array_append_new(list, row);
    }
    view_take(page->view, "keys", list);
    return page_show(page,
                     &(struct page_name){.template = "html/keys.html",
                                         .title = "Keys",
                                         .section = "",
                                         .status = 200},
                     err);
}
