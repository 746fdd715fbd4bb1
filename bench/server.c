/* A server of OpenAI chat completions that costs the machine next to nothing, so that a benchmark
 * measures its clients: it answers every POST alike, a fixed time after the request was here whole.
 *
 * server SECONDS prints its base URL and serves until standard input ends. GET /v1/count tells how
 * many chats were answered; GET /v1/p50 how many seconds the last ones took in here.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 4096, ROOM = 1 << 16, LAST = 2000 };

struct connection {
    unsigned life; /* counts the sockets that had this number: what is due may be another's */
    int used;
    char *bytes;
};

struct due {
    double since;
    int fd;
    unsigned life;
};

static const char *BODY =
    "{\"id\": \"x\", \"object\": \"chat.completion\", \"model\": \"m\", \"choices\": [{\"index\": 0, "
    "\"message\": {\"role\": \"assistant\", \"content\": \"ok\"}, \"finish_reason\": \"stop\"}], "
    "\"usage\": {\"prompt_tokens\": 20, \"completion_tokens\": 5, \"total_tokens\": 25}}";
static struct connection all[MOST];
static struct due queue[MOST]; /* a ring: all wait equally long, so the first in is the first out */
static double took[LAST];
static long answered;
static int head, waiting, epoll, timer;
static double latency;

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

static void drop(int fd) {
    all[fd].life++;
    all[fd].used = 0;
    close(fd);
}

static void say(int fd, const char *body) {
    char reply[1024];
    int size = snprintf(reply, sizeof reply,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
        strlen(body), body);
    if (send(fd, reply, size, MSG_NOSIGNAL) != size) drop(fd);
}

static void answer(int fd, double since) {
    took[answered++ % LAST] = now() - since;
    say(fd, BODY);
}

static int smaller(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(void) {
    int many = answered < LAST ? (int)answered : LAST;
    qsort(took, many, sizeof *took, smaller);
    return many ? took[many / 2] : 0.0;
}

static void wake_for_first(void) {
    struct itimerspec at = {{0, 0}, {0, 0}};
    double when = queue[head].since + latency;
    at.it_value.tv_sec = (time_t)when;
    at.it_value.tv_nsec = (long)((when - (time_t)when) * 1e9);
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
}

static void answer_what_is_due(void) {
    while (waiting && queue[head].since + latency <= now()) {
        struct due *one = &queue[head];
        head = (head + 1) % MOST;
        waiting--;
        if (all[one->fd].life == one->life) answer(one->fd, one->since);
    }
    if (waiting) wake_for_first();
}

static void later(int fd) {
    if (waiting == MOST) return drop(fd);
    queue[(head + waiting++) % MOST] = (struct due){now(), fd, all[fd].life};
    if (waiting == 1) wake_for_first();
}

static void get(int fd) {
    char text[64];
    if (strstr(all[fd].bytes, "/count")) snprintf(text, sizeof text, "%ld", answered);
    else snprintf(text, sizeof text, "%.6f", median());
    say(fd, text);
}

/* Acts on the request once its body is here; clients wait for a reply before they ask again. */
static void look(int fd) {
    struct connection *one = &all[fd];
    one->bytes[one->used] = 0;
    char *body = strstr(one->bytes, "\r\n\r\n");
    if (!body) return;
    char *length = strcasestr(one->bytes, "\r\ncontent-length:");
    int size = length && length < body ? atoi(length + 17) : 0;
    if (one->used < body + 4 - one->bytes + size) return;
    one->used = 0;
    if (!strncmp(one->bytes, "GET ", 4)) get(fd);
    else if (latency > 0) later(fd);
    else answer(fd, now());
}

static void hear(int fd) {
    struct connection *one = &all[fd];
    if (!one->bytes) one->bytes = malloc(ROOM + 1);
    ssize_t size = one->bytes ? recv(fd, one->bytes + one->used, ROOM - one->used, 0) : 0;
    if (size <= 0) return drop(fd);
    one->used += (int)size;
    look(fd);
}

static void watch(int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void welcome(int listener) {
    int yes = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (fd >= MOST) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    watch(fd);
}

static int listening(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (void *)&at, size) || listen(fd, 1024)) exit(1);
    getsockname(fd, (void *)&at, &size);
    printf("http://127.0.0.1:%d/v1\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv) {
    latency = argc > 1 ? atof(argv[1]) : 0.0;
    epoll = epoll_create1(0);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    int listener = listening();
    watch(listener);
    watch(timer);
    watch(0);
    for (;;) {
        struct epoll_event events[256];
        int many = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < many; i++) {
            int fd = events[i].data.fd;
            unsigned long long times;
            if (fd == 0) return 0;
            if (fd == listener) welcome(fd);
            else if (fd != timer) hear(fd);
            else if (read(timer, &times, sizeof times) < 0) continue;
        }
        answer_what_is_due();
    }
}
