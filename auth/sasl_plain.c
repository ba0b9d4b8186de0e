/*
 * sasl_plain.c - the one message of the PLAIN mechanism.
 */
#include "base/base.h"

#include "auth/sasl_plain.h"

static bool is_field(struct slice text)
{
    return text.len >= 1 && text.len <= SASL_FIELD_MAX;
}

bool sasl_plain_parse(struct slice message, struct sasl_plain *out)
{
    struct slice rest = message;
    struct slice authzid, login, password;

    if (!slice_cut(&rest, '\0', &authzid) || !slice_cut(&rest, '\0', &login) ||
        !slice_cut(&rest, '\0', &password) || rest.at != NULL)
        return false;
    if (!is_field(login) || !is_field(password))
        return false;
    if (authzid.len > 0 && !slice_equal(authzid, login))
        return false;
    out->login = login;
    out->password = password;
    return true;
}
