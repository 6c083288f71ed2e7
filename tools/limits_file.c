/* SPDX-License-Identifier: MIT */
#include "limits_file.h"

#include <errno.h>
#include <string.h>

#include "say.h"

enum { LINE_BYTES = 256 };

/* Takes blanks off both ends. */
static char *trim(char *text)
{
    size_t length;
    text += strspn(text, " \t\r\n");
    length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        text[--length] = '\0';
    return text;
}

/* What is wrong with a line; NULL: nothing. */
static const char *take_line(char *line, limits_file *limits)
{
    char *value, *name;
    line[strcspn(line, "#")] = '\0';
    name = trim(line);
    if (*name == '\0') return NULL;
    value = strchr(name, '=');
    if (!value) return "give NAME = VALUE, as mem = 64MiB";
    *value++ = '\0';
    if (strcmp(trim(name), "mem") != 0)
        return "names no limit that can change while weir runs; there is: mem";
    if (!memory_wish_parse(trim(value), &limits->mem))
        return "mem: give a size, like 64MiB, a share, like 25%, or auto";
    limits->has_mem = true;
    return NULL;
}

bool limits_file_read(const char *path, limits_file *limits)
{
    FILE *file = fopen(path, "re");
    limits_file read = {.has_mem = false};
    const char *wrong = NULL;
    char line[LINE_BYTES];
    unsigned number = 0;
    if (!file) {
        say("--limits-file %s: %s; give a file with a line like mem = 64MiB", path,
            strerror(errno));
        return false;
    }
    while (!wrong && fgets(line, sizeof line, file)) {
        number++;
        wrong = strchr(line, '\n') || strlen(line) + 1 < sizeof line ? take_line(line, &read)
                                                                     : "is too long";
    }
    if (!wrong && ferror(file)) wrong = strerror(errno);
    (void)fclose(file);
    if (wrong)
        say("%s:%u: %s", path, number, wrong);
    else
        *limits = read;
    return !wrong;
}
