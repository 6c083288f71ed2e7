/* SPDX-License-Identifier: MIT */
#include "fanout.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

enum {
    BY_FLOW = PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_DEFRAG,
    ID_BITS = 16,
    ID_MASK = (1 << ID_BITS) - 1
};

static int join(int socket, uint32_t id, uint32_t flags)
{
    const uint32_t argument = id | (BY_FLOW | flags) << ID_BITS;
    if (setsockopt(socket, SOL_PACKET, PACKET_FANOUT, &argument, sizeof argument) == 0) return 0;
    return errno;
}

/* The first member: the kernel chooses a number that nobody has. */
static int found(fanout *group, int socket)
{
    uint32_t answer = 0;
    socklen_t bytes = sizeof answer;
    const int error = join(socket, 0, PACKET_FANOUT_FLAG_UNIQUEID);
    if (error) return error;
    if (getsockopt(socket, SOL_PACKET, PACKET_FANOUT, &answer, &bytes) != 0) return errno;
    group->id = answer & ID_MASK;
    return 0;
}

void fanout_begin(fanout *group)
{
    *group = (fanout){PTHREAD_MUTEX_INITIALIZER, 0, 0};
}

int fanout_join(fanout *group, int socket)
{
    int error;
    (void)pthread_mutex_lock(&group->lock);
    error = group->members == 0 ? found(group, socket) : join(socket, group->id, 0);
    group->members += error == 0;
    (void)pthread_mutex_unlock(&group->lock);
    return error;
}

void fanout_leave(fanout *group)
{
    (void)pthread_mutex_lock(&group->lock);
    group->members--;
    (void)pthread_mutex_unlock(&group->lock);
}
