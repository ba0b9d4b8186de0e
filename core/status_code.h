/*
 * status_code.h - SMTP reply codes (RFC 5321 4.2) and enhanced status codes (RFC 3463).
 */
#ifndef CORE_STATUS_CODE_H
#define CORE_STATUS_CODE_H

#include "base/slice.h"

/* "554", "4.7.1" at the start of text; *text advances behind it and following blanks, '-' or '#'
 * only on success. Reply codes 200 to 599; the enhanced class is 2, 4 or 5. */
NODISCARD bool reply_code_take(struct slice *text, unsigned *out);
/* out holds 16 bytes: "5.7.1". */
NODISCARD bool enhanced_code_take(struct slice *text, char *out);

#endif
