/* SPDX-License-Identifier: MIT */
#include "rooms/memo.h"

weir_memo *weir_memo_need(const weir_way *way)
{
    weir_tally *tally = weir_tally_need(way);
    if (!tally || tally->memo) return weir_memo_have(way);
    tally->memo = weir_slots_take(&way->core->memos, 0);
    weir_memo *memo = weir_memo_have(way);
    if (memo) memo->owner = way->record->tally;
    return memo;
}

void weir_memo_free(weir_core *core, weir_slot tally)
{
    weir_slot at = weir_tally_at(core, tally)->memo;
    if (!at) return;
    weir_tally_at(core, tally)->memo = 0;
    if (!weir_slots_put(&core->memos, at)) return;
    const weir_memo *moved = weir_slots_at(&core->memos, at);
    weir_tally_at(core, moved->owner)->memo = at;
}

void weir_memo_owner_moved(weir_core *core, weir_slot tally)
{
    weir_slot at = weir_tally_at(core, tally)->memo;
    weir_memo *memo = at ? weir_slots_at(&core->memos, at) : NULL;
    if (memo) memo->owner = tally;
}

int weir_memo_check(const weir_way *way)
{
    const weir_memo *memo = weir_memo_have(way);
    uint32_t urgents = memo ? memo->urgents[way->s] : 0;
    if (urgents > WEIR_MEMO_URGENT || (urgents != 0) != weir_way_has(way, WEIR_SIDE_URGENT))
        return 0;
    return !memo || memo->owner == way->record->tally;
}
