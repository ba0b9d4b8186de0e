/*
 * floor_stdin.c - the least a program that reads one message can be: all of standard input, then
 * the end. What cleansmtp-bounce is measured against; built by bench_bounce, static.
 */
#include <unistd.h>

int main(void)
{
    static char message[65536];
    ssize_t len;

    do
        len = read(STDIN_FILENO, message, sizeof message);
    while (len > 0);
    return len == 0 ? 0 : 1;
}
