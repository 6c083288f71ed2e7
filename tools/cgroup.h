/* SPDX-License-Identifier: MIT */
/*
 * Control groups: the directories that say what memory this process may have.
 *
 *      /proc/self/cgroup      0::/pod/box            which group is ours
 *      /proc/self/mountinfo   … /pod /sys/fs/cgroup  which part of the tree is mounted where
 *                             ──> /sys/fs/cgroup/box, then its parents up to the mount point
 *
 * Both versions, each alone or side by side (a line "0::" and a line ":memory:"): the memory
 * controller is then in one of them, and the other has no files about it. The limit of a parent
 * counts as much as one's own, so all of them are walked; what lies above the mount point, or
 * outside of the cgroup namespace, cannot be seen. A path that no mount shows (a namespace whose
 * mounts are older, "/../..") is taken to be the mount point.
 */
#ifndef WEIR_TOOLS_CGROUP_H
#define WEIR_TOOLS_CGROUP_H

#include "system_root.h"

typedef enum cgroup_version { CGROUP_V1 = 1, CGROUP_V2 = 2 } cgroup_version;

typedef struct cgroup {
    char directory[SYSTEM_PATH_BYTES]; /* not yet below the system root */
    size_t mount_length;               /* of the mount point, its first part */
} cgroup;

/* The process's own group that has, of version 1, the memory controller. false: there is none. */
bool cgroup_find(cgroup *group, cgroup_version version);

/* Goes to the parent. false: this is the mount point. */
bool cgroup_up(cgroup *group);

/* The path of a file in it. false: too long. */
bool cgroup_file(const cgroup *group, const char *name, char path[SYSTEM_PATH_BYTES]);

#endif
