/* A replayed job: holds anonymous memory along a recorded curve and sleeps, as a compiler works.
 *
 *   g++ -o OUTPUT -c SOURCE -m PEAK_BYTES -s SECONDS -r SHARE,SHARE,...
 *   ar qc OUTPUT -m PEAK_BYTES -s SECONDS -r SHARE,SHARE,...
 *
 * It is called by the names of the tools that it stands for, and ignores what it does not know.
 * A driver forks a worker and waits for it, as `gcc` does for `cc1plus`; only the worker holds
 * memory. If the worker is killed, the driver says so in gcc's words and exits with 1, as gcc does.
 *
 * Progress is the time for which it ran or slept as planned, never that for which it was stopped: the
 * machine that is replayed has a CPU for each. What it waited for one of this machine's few it catches
 * up on, but slowly, for no compiler touches at once what it missed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POINTS 256
#define CATCH_UP 0.25   /* seconds that it catches up on in each second, while it is behind */
#define STEP 0.010      /* seconds between two looks at the curve, while it rises steeply */
#define SLACK 0.001     /* seconds that a sleep may be longer than planned, and no stop */
#define LONG_STEP 0.030 /* at most: each look takes a CPU that other jobs wait for */
#define SMOOTH (1 << 20) /* bytes by which a job grows at a step if it can be helped */
#define HUGE (2UL << 20) /* memory is given back in whole huge pages: a part of one stays charged */

struct job {
    size_t peak;
    double seconds;
    double shares[POINTS];
    int points;
    const char *output;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static size_t wanted(const struct job *job, double progress)
{
    double at = progress / job->seconds * (job->points - 1);
    int left = (int)at;
    if (left >= job->points - 1)
        return job->peak * job->shares[job->points - 1];
    double right_part = at - left;
    return job->peak * (job->shares[left] * (1 - right_part) + job->shares[left + 1] * right_part);
}

/* Touches or gives back pages so that `target` bytes are resident; returns what is held. */
static size_t hold(char *memory, size_t held, size_t target)
{
    for (; held < target; held += 4096)
        memory[held] = 1;
    size_t kept = (target + HUGE - 1) / HUGE * HUGE;
    if (kept < held) {
        madvise(memory + kept, held - kept, MADV_DONTNEED);
        held = kept;
    }
    return held;
}

/* So long that it grows little, and not beyond its end. */
static double step_after(const struct job *job, double progress)
{
    double growth = fabs((double)wanted(job, progress + STEP) - (double)wanted(job, progress));
    double step = growth > 0 ? STEP * SMOOTH / growth : LONG_STEP;
    return fmin(fmin(fmax(step, STEP), LONG_STEP), job->seconds - progress);
}

static void pause_for(double seconds)
{
    struct timespec t = {(time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9)};
    nanosleep(&t, NULL);
}

static char *reserve(size_t bytes)
{
    char *memory = mmap(NULL, bytes + 2 * HUGE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        perror("hold: mmap");
        exit(1);
    }
    memory = (char *)(((size_t)memory + HUGE - 1) / HUGE * HUGE);
    if (bytes >= 16 * HUGE) /* the kernel then clears 2 MiB at once: ten times less CPU */
        madvise(memory, bytes, MADV_HUGEPAGE);
    return memory;
}

/* Seconds for which the process ran, and was ready to run and had no CPU (proc(5), schedstat). */
struct turns {
    double ran, waited;
};

static struct turns turns(int schedstat)
{
    char text[128];
    unsigned long long ran = 0, waited = 0;
    ssize_t length = pread(schedstat, text, sizeof text - 1, 0);
    if (length > 0) {
        text[length] = 0;
        sscanf(text, "%llu %llu", &ran, &waited);
    }
    return (struct turns){ran / 1e9, waited / 1e9};
}

static int worker(const struct job *job)
{
    int schedstat = open("/proc/self/schedstat", O_RDONLY);
    prctl(PR_SET_NAME, "hold1plus");
    char *memory = reserve(job->peak);
    size_t held = 0;
    double progress = 0, behind = 0, looked = now();
    struct turns before = turns(schedstat);
    while (progress < job->seconds) {
        double step = step_after(job, progress);
        held = hold(memory, held, wanted(job, progress));
        pause_for(step);
        struct turns had = turns(schedstat);
        double took = now() - looked, delay = had.waited - before.waited;
        double own = fmax(fmin(took - delay, step + SLACK + had.ran - before.ran), 0);
        double more = fmin(behind, CATCH_UP * own);
        progress += own + more;
        behind += delay - more;
        looked += took;
        before = had;
    }
    hold(memory, held, wanted(job, job->seconds));
    return 0;
}

static void parse_curve(struct job *job, char *text)
{
    for (char *part = strtok(text, ","); part && job->points < POINTS; part = strtok(NULL, ","))
        job->shares[job->points++] = atof(part);
}

static struct job parse(int argc, char **argv)
{
    struct job job = {.seconds = 0.01};
    for (int i = 1; i + 1 < argc; i++) {
        if (!strcmp(argv[i], "-m"))
            job.peak = strtoull(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "-s"))
            job.seconds = fmax(atof(argv[++i]), 1e-3);
        else if (!strcmp(argv[i], "-r"))
            parse_curve(&job, argv[++i]);
        else if (!strcmp(argv[i], "-o"))
            job.output = argv[++i];
        else if (!strcmp(argv[i], "qc"))
            job.output = argv[++i];
    }
    if (!job.points)
        job.shares[job.points++] = 1;
    if (job.points == 1)
        job.shares[job.points++] = job.shares[0];
    return job;
}

static int finish(const struct job *job, int status)
{
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "hold: fatal error: %s signal terminated program hold1plus\n",
                strsignal(WTERMSIG(status)));
        return 1;
    }
    if (WEXITSTATUS(status) || !job->output)
        return WEXITSTATUS(status);
    int file = open(job->output, O_CREAT | O_TRUNC | O_WRONLY, 0666);
    if (file < 0 || close(file)) {
        perror(job->output);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct job job = parse(argc, argv);
    pid_t child = fork();
    if (child < 0) {
        perror("hold: fork");
        return 1;
    }
    if (!child)
        _exit(worker(&job));
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return 1;
    return finish(&job, status);
}
