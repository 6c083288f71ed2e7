/* SPDX-License-Identifier: MIT */
#include "network.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COMMAND_BYTES = 512, NOBODY = 65534 };

static bool give_up(network *n, const char *what, int error)
{
    (void)snprintf(n->why_not, sizeof n->why_not, "%s: %s", what, strerror(error));
    return false;
}

/* ── Namespaces ──────────────────────────────────────────────────────────────────────────────── */

static bool write_text(const char *path, const char *text)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    const bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0) (void)close(fd);
    return written;
}

/* Whether root can become another: in a user namespace there may be nobody else. */
static bool is_real_root(void)
{
    const pid_t child = geteuid() == 0 ? fork() : -1;
    int status = 1;
    if (child == 0) _exit(setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0);
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/* Whoever is not root is root in a user namespace, where that is allowed. */
static bool become_root(network *n)
{
    char map[64];
    const unsigned user = (unsigned)geteuid(), group = (unsigned)getegid();
    n->real_root = is_real_root();
    if (user == 0) return true;
    if (unshare(CLONE_NEWUSER) != 0) return give_up(n, "no user namespace", errno);
    (void)write_text("/proc/self/setgroups", "deny");
    (void)snprintf(map, sizeof map, "0 %u 1", user);
    if (!write_text("/proc/self/uid_map", map)) return give_up(n, "no map of users", errno);
    (void)snprintf(map, sizeof map, "0 %u 1", group);
    if (!write_text("/proc/self/gid_map", map)) return give_up(n, "no map of groups", errno);
    return true;
}

static int new_namespace(void)
{
    if (unshare(CLONE_NEWNET) != 0) return -1;
    return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static bool make_namespaces(network *n)
{
    size_t k;
    for (k = 1; k <= n->hosts; k++)
        if ((n->host[k] = new_namespace()) < 0) return give_up(n, "no network namespace", errno);
    n->home = new_namespace();
    return n->home >= 0 ? true : give_up(n, "no network namespace", errno);
}

/* ── Commands ────────────────────────────────────────────────────────────────────────────────── */

pid_t network_spawn(const network *n, size_t k, const char *command)
{
    const pid_t child = fork();
    if (child != 0) return child;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (k > 0 && k <= NETWORK_HOSTS_MAX && setns(n->host[k], CLONE_NEWNET) != 0) _exit(126);
    (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

void network_kill(pid_t child)
{
    if (child <= 0) return;
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
}

bool network_run(const network *n, size_t k, const char *format, ...)
{
    char command[COMMAND_BYTES];
    int status, length = snprintf(command, sizeof command, "PATH=$PATH:/usr/sbin:/sbin; ");
    pid_t child;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(command + length, sizeof command - (size_t)length, format, arguments);
    va_end(arguments);
    child = network_spawn(n, k, command);
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

/* ── The network ─────────────────────────────────────────────────────────────────────────────── */

bool network_plug(network *n, size_t k)
{
    return network_run(n, k,
                       "ip link add e%zu type veth peer name v%zu netns %d && "
                       "ip addr add 10.9.0.%zu/24 dev e%zu && "
                       "ip addr add fd09::%zu/64 dev e%zu nodad && ip link set e%zu up",
                       k, k, (int)getpid(), k, k, k, k, k) &&
           network_run(n, 0, "ip link set v%zu master br0 up", k);
}

void network_unplug(network *n, size_t k)
{
    (void)network_run(n, 0, "ip link del v%zu", k);
}

bool network_begin(network *n, size_t hosts)
{
    size_t k;
    memset(n, 0, sizeof *n);
    n->hosts = hosts;
    n->home = -1;
    if (!network_run(n, 0, "command -v ip >/dev/null"))
        return give_up(n, "no `ip` (Debian: iproute2)", ENOENT);
    if (!become_root(n) || !make_namespaces(n)) return false;
    if (!network_run(n, 0,
                     "ip link set lo up && ip link add br0 type bridge && ip link set br0 up"))
        return give_up(n, "no bridge", EPERM);
    for (k = 1; k <= hosts; k++)
        if (!network_run(n, k, "ip link set lo up") || !network_plug(n, k))
            return give_up(n, "no veth pair", EPERM);
    return true;
}

void network_end(network *n)
{
    size_t k;
    for (k = 1; k <= n->hosts; k++)
        if (n->host[k] > 0) (void)close(n->host[k]);
    if (n->home >= 0) (void)close(n->home);
}

int network_socket(const network *n, size_t k, int family, int type)
{
    int fd;
    if (setns(n->host[k], CLONE_NEWNET) != 0) return -1;
    fd = socket(family, type | SOCK_CLOEXEC, 0);
    if (setns(n->home, CLONE_NEWNET) != 0) return -1;
    return fd;
}

int network_raw(const network *n, size_t k, struct sockaddr_ll *to)
{
    struct ifreq about = {.ifr_ifindex = 0};
    const int fd = network_socket(n, k, AF_PACKET, SOCK_RAW);
    if (fd < 0) return -1;
    (void)snprintf(about.ifr_name, sizeof about.ifr_name, "e%u", (unsigned)k);
    if (ioctl(fd, SIOCGIFINDEX, &about) != 0) {
        (void)close(fd);
        return -1;
    }
    *to = (struct sockaddr_ll){
        .sll_family = AF_PACKET, .sll_ifindex = about.ifr_ifindex, .sll_halen = 6};
    return fd;
}
