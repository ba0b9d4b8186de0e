/*
 * fuzz_config.c - any text as a configuration file: refused with the file's name, or loaded with
 * every value in range and shown as a text.
 */
#include "base/base.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/address.h"
#include "base/config.h"
#include "base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_loaded(const struct config *c)
{
    struct strbuf shown;
    struct address parsed;

    must(c->state_dir[0] == '/' && c->runtime_dir[0] == '/' && c->database[0] == '/');
    must(c->policy.lease_default_s > 0 &&
         c->policy.lease_default_s <= c->policy.lease_max_s);
    must(c->submission.port >= 1 && c->submission.port <= 65535);
    must(c->dns.servers.count >= 1 && c->dns.servers.count <= CONFIG_LIST_MAX);
    for (size_t i = 0; i < c->dns.servers.count; i++)
        must(address_parse(slice_from(c->dns.servers.at[i]), &parsed));
    strbuf_init(&shown, 1U << 20);
    config_show(c, &shown);
    must(!shown.full && slice_starts(strbuf_slice(&shown), "state_dir = "));
    strbuf_release(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *config = NULL;
    struct error err = {0};
    char path[64];
    int fd = memfd_create("config", MFD_CLOEXEC);

    must(fd >= 0);
    must(file_write_fd(fd, slice_of((const char *)data, size), &err) == 0);
    int len = snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    must(len > 0 && (size_t)len < sizeof path);
    if (config_load(path, &config, &err) == 0)
        check_loaded(config);
    else
        must(err.kind == ERROR_INVALID && slice_starts(slice_from(err.text), path));
    config_free(config);
    close(fd);
    return 0;
}
