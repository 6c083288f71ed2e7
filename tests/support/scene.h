/* SPDX-License-Identifier: MIT */
/*
 * Scene: a conversation written down as a capture file, with what the capture lost.
 *
 *      scene_open(&s, path);
 *      scene_connect(&s, 0);                           SYN, SYN+ACK, ACK of connection 0
 *      scene_say(&s, WEIR_C2S, "GET / HTTP/1.1\r\n\r\n");
 *      scene_wait(&s, 5);                              milliseconds
 *      s.lossy = true;                                 what is said from here on was not captured …
 *      scene_say(&s, WEIR_S2C, "…");
 *      s.lossy = false;                                … but the other side has it, and says so
 *      scene_close(&s);
 *
 * A segment a call, 100 us after the last; each acknowledges all that the other direction said.
 */
#ifndef WEIR_TESTS_SCENE_H
#define WEIR_TESTS_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "weir/weir.h"

enum { SCENE_CONNECTIONS = 4, SCENE_SEGMENT_MAX = 60000 };

typedef struct scene {
    FILE *file;
    uint64_t now_ns;
    uint32_t next[SCENE_CONNECTIONS][2]; /* sequence numbers */
    uint32_t at;                         /* the connection that speaks */
    uint32_t ports;                      /* added to each connection's */
    bool lossy;
} scene;

void scene_open(scene *s, const char *path);
void scene_close(scene *s);

void scene_wait(scene *s, uint32_t milliseconds);

/* Begins connection `at`, which then speaks: with a handshake, or as one that was there before. */
void scene_connect(scene *s, uint32_t at);
void scene_join(scene *s, uint32_t at);

/* One segment. */
void scene_say(scene *s, weir_direction direction, const char *text);
void scene_send(scene *s, weir_direction direction, const void *bytes, size_t count);

/* A segment for each `piece` bytes. */
void scene_say_in_pieces(scene *s, weir_direction direction, const char *text, size_t piece);

/* Two segments, the second captured first. */
void scene_say_swapped(scene *s, weir_direction direction, const char *first, const char *second);

#endif
