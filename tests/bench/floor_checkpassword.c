/*
 * floor_checkpassword.c - the least a checkpassword helper can be: read descriptor 3, close it, run
 * PROG. What cleansmtp-checkpassword is measured against; built by bench_checkpassword, static.
 */
#include <unistd.h>

int main(int argc, char **argv)
{
    char record[513];

    if (argc < 2 || read(3, record, sizeof record) < 0)
        return 2;
    close(3);
    execvp(argv[1], argv + 1);
    return 111;
}
