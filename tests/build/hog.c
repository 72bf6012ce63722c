/* A job for tests: holds memory along a ramp, for a number of steps of 10 ms each.
   hog STEPS MEGABYTES [-o FILE] [-f CHILDREN] [-d SECONDS] [-x CODE]
   Memory grows over the first half of the steps. Steps are counted, not timed, so a stop is no progress.
   -f: so many children hold the memory between them. -d: leaves a daemon that keeps the output open.
   -x: ends with that code. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void hold(long steps, long bytes)
{
    const struct timespec step = {0, 10 * 1000 * 1000};
    char *memory = malloc(bytes ? bytes : 1);
    long filled = 0, ramp = steps / 2 ? steps / 2 : 1;

    for (long i = 1; i <= steps; i++) {
        long wanted = i >= ramp ? bytes : bytes / ramp * i;
        if (wanted > filled)
            memset(memory + filled, 1, wanted - filled);
        filled = wanted > filled ? wanted : filled;
        nanosleep(&step, NULL);
    }
}

static void leave_daemon(long seconds)
{
    if (fork() == 0) {
        setsid();
        sleep(seconds);
        _exit(0);
    }
}

int main(int argc, char **argv)
{
    long steps = atol(argv[1]), megabytes = atol(argv[2]), children = 0;
    const char *output = NULL;
    int option, code = 0;

    optind = 3;
    while ((option = getopt(argc, argv, "o:f:d:x:")) != -1) {
        if (option == 'o') output = optarg;
        else if (option == 'f') children = atol(optarg);
        else if (option == 'd') leave_daemon(atol(optarg));
        else if (option == 'x') code = atoi(optarg);
    }
    for (long i = 0; i < children; i++)
        if (fork() == 0) {
            hold(steps, megabytes * (1L << 20) / children);
            _exit(0);
        }
    if (!children)
        hold(steps, megabytes << 20);
    for (int status; children-- > 0 && wait(&status) > 0;)
        if (status)
            code = 1;
    if (output && !code)
        close(open(output, O_CREAT | O_WRONLY | O_TRUNC, 0644));
    return code;
}
