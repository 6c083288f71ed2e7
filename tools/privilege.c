/* SPDX-License-Identifier: MIT */
#include "privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "say.h"
#include "units.h"

enum { CAPABILITIES_MAX = 64 };

/* Who to become. */
struct person {
    bool wanted; /* false: stay who we are */
    uid_t user;
    gid_t group;
    const char *name; /* for the groups it is in; NULL: only `group` */
};

static bool fail(const char *what)
{
    say("cannot %s: %s; privileges would stay, so this is the end", what, strerror(errno));
    return false;
}

/* ── Who ─────────────────────────────────────────────────────────────────────────────────────── */

static bool find_named(const char *name, struct person *who)
{
    const struct passwd *entry = getpwnam(name);
    if (!entry) {
        say("--user %s: no such user", name);
        return false;
    }
    *who = (struct person){true, entry->pw_uid, entry->pw_gid, name};
    return true;
}

/* Who called sudo, by the numbers that sudo leaves. */
static void find_caller(struct person *who)
{
    const char *user = getenv("SUDO_UID");
    const char *group = getenv("SUDO_GID");
    uint64_t uid, gid;
    const struct passwd *entry;
    if (geteuid() != 0 || !user || !group || !units_parse_number(user, &uid) ||
        !units_parse_number(group, &gid) || uid >= UINT32_MAX || gid >= UINT32_MAX)
        return;
    entry = getpwuid((uid_t)uid);
    *who = (struct person){true, (uid_t)uid, (gid_t)gid, entry ? entry->pw_name : NULL};
}

static bool become(const struct person *who)
{
    const int grouped = who->name ? initgroups(who->name, who->group) : setgroups(1, &who->group);
    if (grouped != 0) return fail("set the groups");
    if (setgid(who->group) != 0) return fail("set the group");
    if (setuid(who->user) != 0) return fail("set the user");
    return true;
}

/* ── Capabilities ────────────────────────────────────────────────────────────────────────────── */

static bool get_permitted(uint64_t *permitted)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &head, data) != 0) return fail("read the capabilities");
    *permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
    return true;
}

static bool set_all(uint64_t capabilities)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {
        {.effective = (uint32_t)capabilities, .permitted = (uint32_t)capabilities},
        {.effective = (uint32_t)(capabilities >> 32), .permitted = (uint32_t)(capabilities >> 32)}};
    if (syscall(SYS_capset, &head, data) != 0) return fail("drop capabilities");
    return true;
}

/* What exec could give back. Without CAP_SETPCAP the bounding set stays: no_new_privs answers for
 * it. */
static void empty_other_sets(void)
{
    int capability;
    for (capability = 0; capability < CAPABILITIES_MAX; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno == EINVAL) break;
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

bool privilege_drop(const char *user, bool keep_raw)
{
    struct person who = {false, 0, 0, NULL};
    uint64_t permitted = 0;
    if (user && !find_named(user, &who)) return false;
    if (!user) find_caller(&who);
    if (!get_permitted(&permitted)) return false;
    permitted &= keep_raw ? UINT64_C(1) << CAP_NET_RAW : 0;
    /* Before the user changes, which takes CAP_SETPCAP away. */
    empty_other_sets();
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return fail("keep CAP_NET_RAW");
    if (who.wanted && !become(&who)) return false;
    if (!set_all(permitted)) return false;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail("give up gaining privileges");
    return true;
}
