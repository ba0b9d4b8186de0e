/*
 * settings.h - the settings pages: what each is called, and which options stand on it.
 */
#ifndef ISSUER_WEB_SETTINGS_H
#define ISSUER_WEB_SETTINGS_H

#include "issuer/web/page.h"

enum settings_page {
    SETTINGS_POLICY,
    SETTINGS_LISTS,
    SETTINGS_MESSAGES,
    SETTINGS_SERVER,
    SETTINGS_HOST,
    SETTINGS_PEOPLE,
    SETTINGS_TOKENS,
    SETTINGS_WEBHOOKS,
    SETTINGS_PAGE_COUNT
};

/* The page with its menu and its options, from a view that has everything else. status: 200, or
 * that of a problem. */
NODISCARD int settings_show(struct page *page, enum settings_page which,
                            unsigned status, struct error *err);

#endif
