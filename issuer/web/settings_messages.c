/*
 * settings_messages.c - what customers are written, filled in with a made-up case.
 */
#include "base/base.h"

#include "issuer/web/case.h"
#include "issuer/web/pages.h"
#include "issuer/web/settings.h"
#include "issuer/web/speak.h"

/* Every text of templates/email that is sent by itself, and when. */
static const struct {
    const char *name, *title, *when;
} messages[] = {
    {"reply",         "console.messages.reply",         "console.messages.reply_when"    },
    {"again",         "console.messages.again",         "console.messages.again_when"    },
    {"not_ours",      "console.messages.not_ours",      "console.messages.not_ours_when" },
    {"not_address",   "console.messages.not_address",
     "console.messages.not_address_when"                                                 },
    {"recipient",     "console.messages.recipient",     "console.messages.recipient_when"},
    {"ask_recipient", "console.messages.ask_recipient",
     "console.messages.ask_recipient_when"                                               },
    {"send_bounce",   "console.messages.send_bounce",
     "console.messages.send_bounce_when"                                                 },
};

static int put_texts(struct page *page, const char *name, json_t *texts,
                     struct error *err)
{
    const struct config_list *languages = &page->config->languages;

    for (size_t i = 0; i < languages->count; i++) {
        json_t *text = json_object();
        json_array_append_new(texts, text);
        view_text(text, "language",
                  template_text(app_templates(page->app), page->mem, languages->at[i],
                                "language.name", NULL));
        view_flag(text, "is_first", i == 0);
        if (case_sample_reply(page, name, languages->at[i], text, err) != 0)
            return -1;
    }
    return 0;
}

int page_settings_messages(struct page *page, struct error *err)
{
    json_t *list = json_array();

    view_take(page->view, "messages", list);
    for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
        json_t *message = json_object();
        json_t *texts = json_array();
        json_array_append_new(list, message);
        view_text(message, "name", messages[i].name);
        view_text(message, "message", speak(page, messages[i].title));
        view_text(message, "when", speak(page, messages[i].when));
        view_take(message, "texts", texts);
        if (put_texts(page, messages[i].name, texts, err) != 0)
            return -1;
    }
    return settings_show(page, SETTINGS_MESSAGES, 200, err);
}
